"""The routing table and the key files it names: what works, and what is refused at start without telling a secret."""

from pathlib import Path

import pytest

from schemas.settings import SettingError, Settings
from services.dns_publisher.rfc2136.key_file import read_tsig_key
from services.dns_publisher.routing.routes import AtCloudflare, AtServer, routes_of

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="
BIND = f'key "pub.shop" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n'
SHUFFLED = f"// ours\nkey pub.shop {{ secret {SECRET}; algorithm HMAC-SHA512; }};"
KNOT = f"# hmac-sha256:pub.shop:{SECRET}\nkey:\n  - id: pub.shop\n    algorithm: hmac-sha256\n    secret: {SECRET}\n"
COLONS = f"hmac-sha256:pub.shop.:{SECRET}\n"


def a_key(folder: Path, text: str = BIND) -> Path:
    path = folder / "pub.key"
    path.write_text(text)
    return path


def routes(*zones: str, names: tuple[str, ...] = ("shop.test",)) -> object:
    return dict(routes_of(Settings(name_domains=names, dns_zones=zones)))


def test_without_a_table_all_names_are_at_cloudflare() -> None:
    assert routes(names=("shop.test", "op.test")) == {"shop.test": AtCloudflare(), "op.test": AtCloudflare()}


def test_a_table_says_where_and_with_which_key(tmp_path: Path) -> None:
    path = a_key(tmp_path)
    table = routes_of(
        Settings(
            name_domains=("a.shop.test", "six.test"),
            dns_zones=("shop.test=cloudflare", f"six.test=rfc2136://[::1]:5353?key={path}"),
        )
    )
    assert table["shop.test"] == AtCloudflare()
    route = table["six.test"]
    assert isinstance(route, AtServer)
    assert (route.address, route.port, route.key.name.to_text()) == ("::1", 5353, "pub.shop.")
    assert SECRET not in repr(route)


def test_one_primary_with_two_keys_is_two_routes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, two = (f"rfc2136://127.0.0.1?key={a_key(folder)}" for folder in (tmp_path, tmp_path / "other"))
    table = routes_of(Settings(dns_zones=(f"a.test={one}", f"b.test={two}", f"c.test={one}")))
    assert table["a.test"] == table["c.test"] != table["b.test"]
    assert isinstance(table["a.test"], AtServer)
    assert table["a.test"].port == 53


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        (("shop.test",), "none that we know"),
        (("shop.test=",), "none that we know"),
        (("=cloudflare",), "domain=publisher"),
        (("Shop.test=cloudflare",), "lower case"),
        (("shop.test=route53",), "none that we know"),
        (("shop.test=cloudflare", "shop.test=cloudflare"), "there twice"),
        (("other.test=cloudflare",), "shop.test, which no entry covers"),
        (("workshop.test=cloudflare",), "which no entry covers"),
        (("shop.test=rfc2136://127.0.0.1:99999?key=k",), "port"),
        (("shop.test=rfc2136://127.0.0.1:dns?key=k",), "port"),
        (("shop.test=rfc2136://ns1.shop.test?key=k",), "IP address"),
        (("shop.test=rfc2136://?key=k",), "IP address"),
        (("shop.test=rfc2136://127.0.0.1",), "must name a key file"),
        (("shop.test=rfc2136://127.0.0.1?key=",), "must name a key file"),
        (("shop.test=rfc2136://127.0.0.1?key=/nowhere/at.all",), "cannot be read"),
        (("shop.test=rfc2136://127.0.0.1?key=k&timeout=3",), "and no more"),
        (("shop.test=rfc2136://user@127.0.0.1?key=k",), "and no more"),
        (("shop.test=rfc2136://127.0.0.1/zone?key=k",), "and no more"),
    ],
)
def test_a_table_that_cannot_work_is_refused(zones: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingError, match=f"MESH_DNS_ZONES: .*{said}"):
        routes(*zones)


@pytest.mark.parametrize("text", [BIND, SHUFFLED, KNOT, COLONS])
def test_a_key_is_read_as_its_tools_write_it(tmp_path: Path, text: str) -> None:
    key = read_tsig_key(str(a_key(tmp_path, text)), "MESH_DNS_ZONES")
    assert (key.name.to_text(), key.secret) == ("pub.shop.", b"secret-secret-secret-secret-secr")
    assert key.algorithm.to_text() == ("hmac-sha512." if text is SHUFFLED else "hmac-sha256.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        BIND.replace("sha256", "md5"),
        BIND.replace(SECRET, SECRET[:-2]),
        BIND.replace(SECRET, "§"),
        BIND.replace("secret", "secrets"),
        f"hmac-sha256:{'x' * 64}:{SECRET}",
        "hmac-sha256:pub:====",
    ],
)
def test_a_key_that_cannot_be_used_is_not_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingError, match="MESH_DNS_ZONES") as refused:
        read_tsig_key(str(a_key(tmp_path, text)), "MESH_DNS_ZONES")
    assert SECRET[:8] not in str(refused.value)
