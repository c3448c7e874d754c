"""One attempt against real sockets: where it goes, where it never goes, what a hostile receiver can do to it."""

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from schemas.settings import SettingError, Settings
from services.notifier.webhooks.course import Answered, End, Unreached
from services.notifier.webhooks.sender import Sender
from services.sandbox.greenlight.pki import Authority
from tests.contract.webhooks.names import name_server
from tests.contract.webhooks.receiver import Receiver, Reply, listening

HEADERS = {"webhook-id": "msg_x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


async def send(settings: Settings, url: str, body: str = '{"a":1}') -> End:
    async with Sender(settings) as sender:
        return await sender.send(url, HEADERS, body)


def within(address: str = "", **settings: object) -> Settings:
    chosen: dict[str, object] = {"webhook_timeout_s": 5.0, "webhook_resolvers": (address,) if address else ()}
    return Settings(**{**chosen, **settings})  # type: ignore[arg-type]  # each is of its field's type


async def test_a_private_address_is_refused_after_the_name_was_resolved() -> None:
    table = {"loop_test": [["127.0.0.1"]], "meta_test": [["169.254.169.254"]], "mixed_test": [["8.8.8.8", "10.0.0.1"]]}
    async with listening() as receiver, name_server(**table) as names:
        for host in ("loop.test", "meta.test", "mixed.test"):
            end = await send(within(names.address), f"https://{host}:{receiver.port}/")
            assert end == Unreached("address-refused")
        assert await send(within(names.address), f"https://localhost:{receiver.port}/") == Unreached("address-refused")
        for url in (f"https://127.0.0.1:{receiver.port}/", f"https://[::ffff:127.0.0.1]:{receiver.port}/"):
            assert await send(within(names.address), url) == Unreached("url-refused")
        assert await send(within(names.address), receiver.url(host="loop.test")) == Unreached("url-refused")
    assert names.asked == ["loop.test", "meta.test", "mixed.test"]
    assert receiver.connections == 0


async def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    """A name that points elsewhere the second time it is asked: it is asked once."""
    async with listening() as receiver, name_server(shop_test=[["127.0.0.1"], ["127.0.0.66"]]) as names:
        settings = within(names.address, webhooks_allow_private=True)
        end = await send(settings, receiver.url(host="shop.test"))
    assert (end, names.asked) == (Answered(204), ["shop.test"])
    assert receiver.received[0].headers["host"] == f"shop.test:{receiver.port}"
    assert receiver.received[0].body == b'{"a":1}'


async def test_a_redirect_is_not_followed() -> None:
    async with listening() as inside, listening() as receiver:
        receiver.answer = lambda _: Reply(307, (f"location: {inside.url()}",))
        end = await send(within(webhooks_allow_private=True), receiver.url())
    assert (end, inside.connections) == (Answered(307), 0)


@asynccontextmanager
async def shop(folder: Path, *hosts: str) -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver with a certificate for `hosts`, and the file of its CA."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.root("a CA")
    identity = authority.identity("shop", hosts)
    (folder / "chain.pem").write_bytes(identity.chain_pem)
    (folder / "key.pem").write_bytes(identity.key_pem)
    (folder / "ca.pem").write_bytes(authority.pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    async with listening(tls=tls) as receiver:
        yield receiver, str(folder / "ca.pem")


async def test_tls_is_verified_for_the_name_in_the_url(tmp_path: Path) -> None:
    async with (
        shop(tmp_path, "shop.test") as (receiver, ca),
        name_server(shop_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]]) as names,
    ):
        trusting = within(names.address, webhooks_allow_private=True, webhook_ca=ca)
        assert await send(trusting, receiver.url(host="shop.test")) == Answered(204)
        assert await send(trusting, receiver.url(host="other.test")) == Unreached("tls")
        strict = within(names.address, webhooks_allow_private=True)
        assert await send(strict, receiver.url(host="shop.test")) == Unreached("tls")
    assert len(receiver.received) == 1


async def test_a_receiver_that_hangs_or_never_ends_costs_no_more_than_the_deadline() -> None:
    settings = within(webhooks_allow_private=True, webhook_timeout_s=0.5)
    async with listening(lambda _: Reply(hang=True)) as tarpit:
        started = time.monotonic()
        assert await send(settings, tarpit.url()) == Unreached("timeout")
        assert time.monotonic() - started < 20
    async with listening(lambda _: Reply(200, body=b"x" * (8 << 20))) as flood:
        assert await send(within(webhooks_allow_private=True), flood.url()) == Answered(200)


async def test_what_is_not_http_and_what_does_not_listen() -> None:
    settings = within(webhooks_allow_private=True)
    async with listening(lambda _: Reply(200, ("x: \x00\x01",))) as receiver:
        assert await send(settings, receiver.url()) == Unreached("protocol")
        url = receiver.url()
    assert await send(settings, url) == Unreached("connect")
    async with name_server() as names:
        nowhere = within(names.address, webhooks_allow_private=True)
        assert await send(nowhere, "http://nowhere.test/") == Unreached("dns")
        names.silent = True
        quick = within(names.address, webhooks_allow_private=True, webhook_timeout_s=0.5)
        assert await send(quick, "http://nowhere.test/") in (Unreached("timeout"), Unreached("dns"))


async def test_a_proxy_in_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as proxy, listening() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert await send(within(webhooks_allow_private=True), receiver.url()) == Answered(204)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "settings", [{"webhook_resolvers": ("shop.test",)}, {"webhook_resolvers": ("1.1.1.1:x",)}, {"webhook_ca": "/no"}]
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="MESH_WEBHOOK"):
        Sender(Settings(**settings))  # type: ignore[arg-type]  # each is of its field's type
