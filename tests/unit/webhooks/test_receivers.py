"""Where a webhook may go: every trick with a URL, every address that is not public."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.receivers import MAX_URL_CHARS, Receiver, ReceiverProblem, closed, receiver_of

CLOSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1", "febf::1"),
    *("fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1"),
    *("2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "2001:10::1", "2001:20::1"),
]
OPEN = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.255.255"]
OPEN_6 = ["2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2003::1"]


@pytest.mark.parametrize("text", CLOSED)
def test_what_is_not_public_is_closed(text: str) -> None:
    assert closed(ip_address(text))
    url = f"https://[{text}]/" if ":" in text else f"https://{text}/"
    found = receiver_of(url, allow_private=False)
    assert isinstance(found, ReceiverProblem)
    assert found.code == "webhook-url-refused"
    assert isinstance(receiver_of(url, allow_private=True), Receiver)


@pytest.mark.parametrize("text", OPEN + OPEN_6)
def test_what_is_public_is_open(text: str) -> None:
    assert not closed(ip_address(text))


@given(st.ip_addresses(v=4))
def test_no_private_address_is_open_whoever_draws_the_line(address: object) -> None:
    found = ip_address(str(address))
    if not found.is_global or found.is_multicast:
        assert closed(found)


@given(st.ip_addresses(v=6))
def test_no_special_address_of_ipv6_is_open(address: object) -> None:
    found = ip_address(str(address))
    if not found.is_global or found.is_multicast or found.is_reserved:
        assert closed(found)


@pytest.mark.parametrize(
    "url",
    [
        *("", "shop.example", "//shop.example/", "ftp://shop.example/", "file:///etc/passwd", "javascript:alert(1)"),
        *("https:/shop.example/", "https:shop.example", "https:///hook", "https://", "HTTPS:\\\\shop.example\\"),
        *("https://user@shop.example/", "https://user:pw@shop.example/", "https://@shop.example/"),
        *(
            "https://shop.example@127.0.0.1/",
            "https://shop.example/#a",
            "https://shop.example/#",
            "https://a b.example/",
        ),
        *(
            "https://shop.example:0/",
            "https://shop.example:65536/",
            "https://shop.example:/",
            "https://shop.example:x/",
        ),
        *("https://shop.example\\@127.0.0.1/", "https://shop.example/\r\nHost: x", "https://shop.example/\t"),
        *("https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./"),
        *(
            "https://0x7f.0.0.1/",
            "https://127.0.0.0x1/",
            "https://1.2.3.4.5/",
            "https://256.1.1.1/",
            "https://01.1.1.1/",
        ),
        *("https://[::1/", "https://::1/", "https://[fe80::1%25eth0]/", "https://[127.0.0.1]/", "https://[shop]/"),
        *(
            "https://shöp.example/",
            "https://-shop.example/",
            "https://shop..example/",
            "https://" + "a" * 64 + ".example/",
        ),
        *("https://shop.example/" + "a" * MAX_URL_CHARS, "https://①②⑦.⓪.⓪.①/", "https://localhost%00.example/"),
    ],
)
def test_what_is_no_clean_url_is_invalid_even_in_development(url: str) -> None:
    for allow_private in (False, True):
        found = receiver_of(url, allow_private=allow_private)
        assert isinstance(found, ReceiverProblem)
        assert found.code == "webhook-url-invalid"


def test_plain_http_is_for_development() -> None:
    refused = receiver_of("http://shop.example/", allow_private=False)
    assert isinstance(refused, ReceiverProblem)
    assert refused.code == "webhook-url-refused"
    assert receiver_of("http://shop.example/", allow_private=True) == Receiver("http", "shop.example", 80, "/", None)


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        ("https://Shop.Example", Receiver("https", "shop.example", 443, "/", None)),
        ("https://shop.example.:8443/a?b=c", Receiver("https", "shop.example", 8443, "/a?b=c", None)),
        ("https://shop.example?b", Receiver("https", "shop.example", 443, "/?b", None)),
        ("HTTPS://xn--shp-sna.example/%2f", Receiver("https", "xn--shp-sna.example", 443, "/%2f", None)),
        ("https://8.8.8.8/", Receiver("https", "8.8.8.8", 443, "/", ip_address("8.8.8.8"))),
        ("https://[2606:4700::1111]:1/", Receiver("https", "2606:4700::1111", 1, "/", ip_address("2606:4700::1111"))),
    ],
)
def test_a_clean_url_is_taken_apart(url: str, receiver: Receiver) -> None:
    assert receiver_of(url, allow_private=False) == receiver


def test_what_may_be_a_token_shows_nowhere() -> None:
    assert "t0k3n" not in repr(receiver_of("https://shop.example/t0k3n?t0k3n", allow_private=False))


@given(st.text(max_size=60))
def test_any_text_is_a_receiver_or_a_problem(text: str) -> None:
    for url in (text, "https://" + text):
        found = receiver_of(url, allow_private=False)
        assert isinstance(found, Receiver | ReceiverProblem)
        if isinstance(found, Receiver):
            assert found.scheme == "https"
            assert found.host.isascii()
            assert found.address is None or not closed(found.address)
