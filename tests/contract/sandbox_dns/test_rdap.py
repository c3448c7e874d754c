"""The registry's RDAP: what it says of a domain, how it is found, and how it misleads."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from dns.rcode import Rcode

from services.sandbox import ports
from services.sandbox.rdap import BASE_PATH, BOOTSTRAP_PATH, Rdap, RdapWish
from services.sandbox.web import HttpServer

from .asking import Running, texts, types
from .signing import ds_texts, unsign
from .updating import SHOP_ZONE, ds_update, send, set_ds


@dataclass
class Registry:
    """A registry that serves, and a client."""

    running: Running
    rdap: Rdap
    http: httpx.AsyncClient

    async def domain(self, name: str = "shop.test") -> httpx.Response:
        """What it answers about a domain."""
        return await self.http.get(f"{BASE_PATH}/domain/{name}")

    async def ds(self) -> list[str]:
        """The DS records it tells of, as text."""
        told = (await self.domain()).json()["secureDNS"]["dsData"]
        return [f"{row['keyTag']} {row['algorithm']} {row['digestType']} {row['digest'].lower()}" for row in told]


@pytest.fixture
async def registry(running: Running) -> AsyncIterator[Registry]:
    """The registry of a fresh DNS."""
    rdap = Rdap(running.world.universe, running.world.children)
    server = HttpServer(rdap.app(), ports.tcp_socket())
    rdap.url = f"http://127.0.0.1:{server.port}{BASE_PATH}"
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
        yield Registry(running, rdap, http)
    await server.stop()


async def test_it_is_found_through_the_bootstrap_file(registry: Registry) -> None:
    file = (await registry.http.get(BOOTSTRAP_PATH)).json()
    suffixes, urls = file["services"][0]
    assert (file["version"], suffixes) == ("1.0", ["test"])
    assert (await registry.http.get(urls[0] + "domain/shop.test")).status_code == 200


async def test_a_domain(registry: Registry) -> None:
    answer = await registry.domain("SHOP.test")
    assert answer.headers["content-type"] == "application/rdap+json"
    told = answer.json()
    assert (told["objectClassName"], told["ldhName"], told["status"]) == ("domain", "shop.test", ["active"])
    assert [server["ldhName"] for server in told["nameservers"]] == ["ns1.shop.test", "ns2.shop.test"]
    assert (told["secureDNS"]["zoneSigned"], told["secureDNS"]["delegationSigned"]) == (True, True)
    assert await registry.ds() == ds_texts(registry.running, 0)


async def test_it_says_what_the_parent_shows(registry: Registry) -> None:
    await set_ds(registry.running)
    unsign(registry.running)
    told = (await registry.domain()).json()["secureDNS"]
    assert told == {"zoneSigned": False, "delegationSigned": False, "dsData": []}


@pytest.mark.parametrize("name", ["nobody.test", "test", "www.shop.test", "a..b", "x" * 64 + ".test"])
async def test_a_name_that_is_no_domain(registry: Registry, name: str) -> None:
    answer = await registry.domain(name)
    assert (answer.status_code, answer.json()["errorCode"]) == (404, 404)


async def test_prohibited_updates_are_told(registry: Registry) -> None:
    registry.rdap.apply(RdapWish(zone="shop.test", status=("active", "server update prohibited")))
    assert (await registry.domain()).json()["status"] == ["active", "server update prohibited"]
    assert (await registry.running.ask("127.0.0.2", SHOP_ZONE, "DS")).answer


@pytest.mark.parametrize("status", ["client hold", "server hold"])
async def test_a_domain_on_hold_is_gone_from_its_parent(registry: Registry, status: str) -> None:
    running = registry.running
    running.put('"bitcoin:?lno=one"')
    registry.rdap.apply(RdapWish(zone="shop.test.", status=(status,)))
    answer = await running.ask("127.0.0.2", dnssec=False)
    assert (answer.rcode(), types(answer.authority)) == (Rcode.NXDOMAIN, ["SOA"])
    running.world.universe.set_times(running.world.universe.times)
    assert (await running.ask("127.0.0.2", dnssec=False)).rcode() is Rcode.NXDOMAIN
    assert (await running.ask(running.addresses.resolvers[0], dnssec=False)).rcode() is Rcode.NXDOMAIN
    assert texts(await running.ask("127.0.0.3")) == ["bitcoin:?lno=one"]
    assert (await registry.domain()).json()["status"] == [status]
    assert await registry.ds() == ds_texts(running, 0)
    message = ds_update(running)
    message.delete(SHOP_ZONE, "DS")
    message.add(SHOP_ZONE, 60, "DS", *ds_texts(running, 0))
    assert await send(running, message, "127.0.0.2") is Rcode.REFUSED
    registry.rdap.apply(RdapWish(zone="shop.test", status=("active",)))
    answer = await running.ask("127.0.0.2")
    assert types(answer.authority) == ["NS", "DS", "RRSIG"]
    assert len(answer.additional) == 2


@pytest.mark.parametrize(("fault", "status"), [("server-error", 500), ("rate-limited", 429), ("not-found", 404)])
async def test_it_fails_until_reset(registry: Registry, fault: str, status: int) -> None:
    registry.rdap.apply(RdapWish(fault=fault))  # type: ignore[arg-type]  # one of the literals
    answer = await registry.domain()
    assert (answer.status_code, answer.json()["errorCode"]) == (status, status)
    registry.rdap.reset()
    assert (await registry.domain()).status_code == 200


async def test_it_answers_something_else(registry: Registry) -> None:
    registry.rdap.apply(RdapWish(fault="not-json"))
    answer = await registry.domain()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_it_is_slow_or_silent(registry: Registry) -> None:
    registry.rdap.apply(RdapWish(delay_s=0.3))
    assert (await registry.domain()).elapsed.total_seconds() >= 0.3
    registry.rdap.apply(RdapWish(fault="silent"))
    with pytest.raises(httpx.ReadTimeout):
        await registry.http.get(f"{BASE_PATH}/domain/shop.test", timeout=httpx.Timeout(30, read=0.3))


async def test_it_is_stale(registry: Registry) -> None:
    old = await registry.ds()
    registry.rdap.apply(RdapWish(fault="stale"))
    await set_ds(registry.running)
    assert await registry.ds() == old
    registry.rdap.apply(RdapWish(fault=""))
    assert await registry.ds() == []


@pytest.mark.parametrize(
    "wish",
    [
        RdapWish(zone="shop.test", status=("tired",)),
        RdapWish(zone="nobody.test", status=("active",)),
        RdapWish(zone="shop.test"),
        RdapWish(status=("active",)),
    ],
)
async def test_a_wish_that_makes_no_sense(registry: Registry, wish: RdapWish) -> None:
    before = registry.rdap.state()
    with pytest.raises(ValueError, match=r"status|below|together"):
        registry.rdap.apply(wish)
    assert registry.rdap.state() == before
