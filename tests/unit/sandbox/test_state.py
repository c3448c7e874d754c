"""What the sandbox keeps: files are replaced whole, secrets are readable by their owner only."""

import stat
from pathlib import Path

import dns.name
import pytest

from services.sandbox import ports
from services.sandbox.dns.keys import KeyStore
from services.sandbox.state import HandRecord, Store


def test_what_was_saved_is_there_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(serials={"shop.test.": 7}, by_hand=(HandRecord(name="a.shop.test.", type="TXT", content="x"),))
    again = Store(tmp_path)
    assert again.state == store.state
    assert again.token() == store.token()


def test_a_draft_left_by_a_crash_is_ignored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(serials={"shop.test.": 7})
    (tmp_path / "state.json.new").write_bytes(b'{"half')
    assert Store(tmp_path).state.serials == {"shop.test.": 7}


def test_keys_stay_and_stay_private(tmp_path: Path) -> None:
    first = KeyStore(tmp_path).ksk(dns.name.root)
    assert KeyStore(tmp_path).ksk(dns.name.root).ds(dns.name.root) == first.ds(dns.name.root)
    assert KeyStore(tmp_path).ksk(dns.name.root, "ksk2").tag != first.tag
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert "PrivateKey" not in repr(first)


def test_the_token_is_for_its_owner_only(tmp_path: Path) -> None:
    _, file = Store(tmp_path).token()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_port_in_use_is_not_insisted_on() -> None:
    port, pairs = ports.dns_sockets(["127.0.0.1"])
    other, more = ports.dns_sockets(["127.0.0.1"], port)
    tcp = ports.tcp_socket(port)
    assert len({port, other, tcp.getsockname()[1]}) == 3
    for sock in (*pairs["127.0.0.1"], *more["127.0.0.1"], tcp):
        sock.close()


def test_a_machine_with_one_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.sandbox.dns import world

    monkeypatch.setattr(ports, "bindable", lambda address: address in ("127.0.0.1", "::1"))
    assert set(world.plan_addresses().values()) == {("127.0.0.1",), ("127.0.0.1", "::1")}
