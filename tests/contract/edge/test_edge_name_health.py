"""How a name is: to anybody its states, to its owner why and what to do; what nobody looked at lately is not known."""

import pytest

from bus.buckets.kv import Bucket
from schemas.health import WHAT_TO_DO, Aspect, DnsHealth, NodeHealth
from tests.contract.edge.test_edge_name_changes import put
from tests.contract.edge.world import Seller, World, code_of
from tests.unit.edge.histories import NODE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SINCE = "2026-01-01T00:00:00.000Z"
FINE = Aspect(state="ok", since=SINCE, reason="fine", detail="")
ALONE = Aspect(state="down", since=SINCE, reason="signer-detached", detail="no peer", was="ok")


async def measured(world: World, username: str, seller: Seller, looked_at: float) -> None:
    key, name = f"{username}=shop.test", f"{username}@shop.test"
    dns = DnsHealth(name=name, owner=seller.owner, dns=FINE, dnssec=FINE, looked_at=looked_at)
    node = NodeHealth(name=name, owner=seller.owner, node_id=NODE, offer=FINE, signer=ALONE, looked_at=looked_at)
    await Bucket(world.workers["dnssec-verifier"], "dns-health", DnsHealth).put(key, dns)
    await Bucket(world.workers["node-manager"], "node-health", NodeHealth).put(key, node)


async def test_the_owner_is_told_more_than_anybody(world: World) -> None:
    seller = Seller()
    revision = await put(world, "healthy", seller)
    await measured(world, "healthy", seller, world.edge.clock())
    path = "/v1/names/healthy@shop.test/health"
    demanded = f"names={world.edge.names.epoch}:{revision}"
    answer = await world.call(None, "GET", path, X_Revision=demanded)
    public = answer.json()
    assert (answer.status_code, public["health"], public["state"]) == (200, "down", "active")
    told_nothing = {"since": SINCE, "reason": None, "whatToDo": None, "detail": None}
    assert public["signer"] == {"state": "down", **told_nothing}
    assert public["dns"] == {"state": "ok", **told_nothing}
    assert (await world.call(Seller(), "GET", path)).json() == public
    own = (await world.call(seller, "GET", path)).json()
    what = WHAT_TO_DO["signer-detached"]
    assert own["signer"] == {
        "state": "down",
        "since": SINCE,
        "reason": "signer-detached",
        "whatToDo": what,
        "detail": "no peer",
    }
    for secret in (seller.owner, NODE):
        assert secret not in answer.text


async def test_what_nobody_looked_at_lately_is_not_known(world: World) -> None:
    seller = Seller()
    await put(world, "unseen", seller)
    path = "/v1/names/unseen@shop.test/health"
    fresh = (await world.call(seller, "GET", path)).json()
    assert {fresh[which]["state"] for which in ("dns", "dnssec", "offer", "signer")} == {"unknown"}
    assert fresh["health"] == "unknown"
    await measured(world, "unseen", seller, 1000.0)
    stale = (await world.call(seller, "GET", path)).json()
    assert (stale["dns"]["state"], stale["dns"]["reason"]) == ("unknown", "not-looked-at")
    assert stale["signer"]["since"] == "1970-01-01T00:16:40.000Z"


async def test_a_name_that_is_paused_or_not_yet_live_or_nobodys(world: World) -> None:
    seller = Seller()
    await put(world, "paused", seller, "paused", paused_since=SINCE)
    paused = (await world.call(seller, "GET", "/v1/names/paused@shop.test/health")).json()
    assert (paused["dns"]["state"], paused["dns"]["since"], paused["dns"]["reason"]) == ("down", SINCE, "name-paused")
    shown = (await world.call(None, "GET", "/v1/names/paused@shop.test")).json()
    assert (shown["state"], shown["uri"], shown["pausedSince"]) == ("paused", None, SINCE)
    await put(world, "coming", seller, "reserved")
    coming = (await world.call(seller, "GET", "/v1/names/coming@shop.test/health")).json()
    assert (coming["health"], coming["dns"]["reason"]) == ("unknown", "being-registered")
    await put(world, "resting", seller, "quarantined", quarantined_until=9e9)
    for path in ("/v1/names/resting@shop.test/health", "/v1/names/nobody@shop.test/health"):
        assert code_of(await world.call(None, "GET", path)) == (404, "name-unknown")
    assert code_of(await world.call(None, "GET", "/v1/names/no-name/health")) == (422, "username-invalid")


async def test_a_proof_that_does_not_hold_is_refused_rather_than_ignored(world: World) -> None:
    path = world.url + "/v1/names/nobody@shop.test/health"
    answer = await world.client.get(path, headers={"Authorization": "Nostr rubbish"})
    assert answer.status_code == 401
