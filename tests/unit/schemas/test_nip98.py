"""NIP-98: a header proves exactly the request it was signed for, and nothing a client sends makes `verify` raise."""

import base64
import hashlib
import json
from typing import Any

import pytest
from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.nip98 import MAX_HEADER_CHARS, Nip98Event, Nip98Problem, sign, verify
from schemas.problems import PROBLEMS

KEY = hashlib.sha256(b"a customer").digest()
PUBKEY = PrivateKey(KEY).public_key_xonly.format().hex()
URL = "https://pay.shop.test/v1/nodes?x=1"
BODY = b'{"a":1}'
NOW = 1_800_000_000


def header(event: object) -> str:
    return "Nostr " + base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()


def event(**changes: Any) -> dict[str, Any]:
    """A rightly signed event, made without the code under test; `changes` are signed too, unless they end in `_`."""
    made: dict[str, Any] = {
        "pubkey": PUBKEY,
        "created_at": NOW,
        "kind": 27235,
        "tags": [["u", URL], ["method", "POST"], ["payload", hashlib.sha256(BODY).hexdigest()]],
        "content": "",
    }
    made |= {name: value for name, value in changes.items() if not name.endswith("_")}
    parts = [0, made["pubkey"], made["created_at"], made["kind"], made["tags"], made["content"]]
    digest = hashlib.sha256(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()).digest()
    made |= {"id": digest.hex(), "sig": PrivateKey(KEY).sign_schnorr(digest).hex()}
    return made | {name[:-1]: value for name, value in changes.items() if name.endswith("_")}


def check(text: str | None, *, url: str = URL, method: str = "POST", body: bytes = BODY, now: float = NOW) -> str:
    """The problem code, or `ok`."""
    result = verify(text, url=url, method=method, body=body, now=now, window_s=60)
    if isinstance(result, Nip98Problem):
        assert result.code in PROBLEMS
        assert result.detail
        return result.code
    return "ok"


def test_a_signed_header_proves_its_request() -> None:
    text = sign(KEY, url=URL, method="POST", body=BODY, created_at=NOW)
    proven = verify(text, url=URL, method="POST", body=BODY, now=NOW + 59.9, window_s=60)
    assert isinstance(proven, Nip98Event)
    assert (proven.pubkey, proven.created_at, proven.url, proven.method) == (PUBKEY, NOW, URL, "POST")
    assert proven.payload == hashlib.sha256(BODY).hexdigest()
    assert len(proven.id) == 64


def test_no_body_needs_no_payload() -> None:
    assert check(sign(KEY, url=URL, method="GET", created_at=NOW), method="GET", body=b"") == "ok"


def test_a_nonce_makes_equal_requests_differ() -> None:
    def id_of(nonce: str) -> str:
        text = sign(KEY, url=URL, method="GET", created_at=NOW, nonce=nonce)
        proven = verify(text, url=URL, method="GET", body=b"", now=NOW, window_s=60)
        assert isinstance(proven, Nip98Event)
        return proven.id

    assert id_of("1") != id_of("2")


def test_scheme_in_any_case_and_unknown_fields() -> None:
    text = header(event(extra_={"seen": [1]}))
    assert check("nostr" + text[5:]) == "ok"


@pytest.mark.parametrize("content", ["ünï 🌊 \u2028", "\x01\x1f\x7f", '"\\/\n\t\r\b\f', "</script>"])
def test_the_id_is_over_unescaped_unicode(content: str) -> None:
    assert check(header(event(content=content))) == "ok"


TAGS = event()["tags"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "auth-missing"),
        ("", "auth-missing"),
        ("Nostr", "auth-malformed"),
        ("Bearer abc", "auth-malformed"),
        ("Nostr !!!", "auth-malformed"),
        ("Nostr ä", "auth-malformed"),
        ("Nostr e30=", "auth-malformed"),
        ("Nostr " + "A" * MAX_HEADER_CHARS, "auth-malformed"),
        (header(event()).rstrip("=") + "=" * 5, "auth-malformed"),
        ("Nostr " + base64.b64encode(b'{"id":"\xff"}').decode(), "auth-malformed"),
        ("Nostr " + base64.b64encode(b'{"x":' + b"[" * 5000).decode(), "auth-malformed"),
        (header([]), "auth-malformed"),
        (header(event(pubkey_=PUBKEY.upper())), "auth-malformed"),
        (header(event(id_=event()["id"].upper())), "auth-malformed"),
        (header(event(id_=event()["id"] + "\n")), "auth-malformed"),
        (header(event(sig_="00")), "auth-malformed"),
        (header(event(created_at_=str(NOW))), "auth-malformed"),
        (header(event(created_at=-1)), "auth-malformed"),
        (header(event(created_at=10**400)), "auth-malformed"),
        (header(event(tags_=[["u", 1]])), "auth-malformed"),
        (header(event(tags=[*TAGS, ["u", "https://elsewhere.test/"]])), "auth-malformed"),
        (header(event(tags=[*TAGS, ["method", "POST"]])), "auth-malformed"),
        (header(event(tags=[*TAGS, TAGS[2]])), "auth-malformed"),
        (header(event(tags=[["u"], *TAGS[1:]])), "auth-malformed"),
        (header(event(kind=1)), "auth-wrong-kind"),
        (header(event(created_at=NOW - 61)), "auth-wrong-time"),
        (header(event(created_at=NOW + 61)), "auth-wrong-time"),
        (header(event(tags=TAGS[1:])), "auth-wrong-url"),
        (header(event(tags=[["U", URL], *TAGS[1:]])), "auth-wrong-url"),
        (header(event(tags=[["u", URL + "/"], *TAGS[1:]])), "auth-wrong-url"),
        (header(event(tags=[["u", URL.replace("https", "http")], *TAGS[1:]])), "auth-wrong-url"),
        (header(event(tags=[TAGS[0], TAGS[2]])), "auth-wrong-method"),
        (header(event(tags=[TAGS[0], ["method", "GET"], TAGS[2]])), "auth-wrong-method"),
        (header(event(tags=TAGS[:2])), "auth-wrong-payload"),
        (header(event(tags=[*TAGS[:2], ["payload", "0" * 64]])), "auth-wrong-payload"),
        (header(event(tags=[*TAGS[:2], ["payload", TAGS[2][1].upper()]])), "auth-wrong-payload"),
        (header(event(tags=[*TAGS[:2], ["payload", "ü"]])), "auth-wrong-payload"),
        (header(event(id_="0" * 64)), "auth-bad-signature"),
        (header(event(content_="x")), "auth-bad-signature"),
        (header(event(sig_="0" * 128)), "auth-bad-signature"),
        (header(event(pubkey="f" * 64)), "auth-bad-signature"),
        (header(event(pubkey="1" * 63 + "2")), "auth-bad-signature"),
    ],
)
def test_each_way_to_be_refused(text: str | None, code: str) -> None:
    assert check(text) == code


def test_the_request_must_be_the_signed_one() -> None:
    text = sign(KEY, url=URL, method="POST", body=BODY, created_at=NOW)
    assert check(text) == "ok"
    assert check(text, url="https://pay.shop.test/v1/nodes") == "auth-wrong-url"
    assert check(text, method="PUT") == "auth-wrong-method"
    assert check(text, body=b'{"a":2}') == "auth-wrong-payload"
    assert check(text, body=b"") == "auth-wrong-payload"
    assert check(text, now=NOW + 60.1) == "auth-wrong-time"


def test_lone_surrogates_are_refused() -> None:
    raw = json.dumps(event()).replace('"content": ""', '"content": "\\ud800"').encode()
    assert check("Nostr " + base64.b64encode(raw).decode()) in ("auth-malformed", "auth-bad-signature")


@given(st.one_of(st.none(), st.text(), st.binary().map(lambda raw: "Nostr " + base64.b64encode(raw).decode())))
def test_any_header_gets_an_answer(text: str | None) -> None:
    assert check(text).startswith("auth-")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200)
@given(st.sampled_from(["id", "pubkey", "created_at", "kind", "tags", "content", "sig"]), JSON)
def test_any_field_gets_an_answer(field: str, value: object) -> None:
    made = event()
    if made[field] != value:
        assert check(header(made | {field: value})).startswith("auth-")


@given(st.integers(0, 5000), st.integers(1, 255))
def test_a_changed_byte_never_proves_another_request(position: int, flip: int) -> None:
    good = base64.b64decode(sign(KEY, url=URL, method="POST", body=BODY, created_at=NOW)[6:])
    bad = bytearray(good)
    bad[position % len(good)] ^= flip
    result = verify("Nostr " + base64.b64encode(bad).decode(), url=URL, method="POST", body=BODY, now=NOW, window_s=60)
    # A change of JSON white space or of an ignored key may leave the event as it was; it must be that very event.
    if isinstance(result, Nip98Event):
        assert result.id == json.loads(good)["id"]
        assert result.pubkey == PUBKEY


@pytest.mark.parametrize("key", [b"", bytes(33), bytes(32), b"\xff" * 32])
def test_signing_needs_a_valid_key(key: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        sign(key, url=URL, method="GET", created_at=NOW)
