"""What turned about a name is told once, whoever reads it, and however often."""

import time

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.operations.facts import OpRef
from schemas.base import utc_text
from schemas.facts import Turned
from schemas.health import WHAT_TO_DO, Aspect, DnsHealth, HealthState, NodeHealth
from schemas.requests import UsernameHealth
from services.offer_builder.upkeep.turns import Turns

from .stage import NODE, Seller, Stage
from .test_upkeep import OURS, opened


def aspect(state: HealthState, was: HealthState | None, since: float, reason: str = "fine") -> Aspect:
    return Aspect(state=state, since=utc_text(since), reason=reason, detail="", was=was)


async def measured(stage: Stage, seller: Seller, dns: Aspect, signer: Aspect) -> None:
    """What the others wrote."""
    owner, fine = seller.asks("x").owner, aspect("ok", None, 1)
    of_dns = DnsHealth(name="alice@shop.test", owner=owner, dns=dns, dnssec=fine, looked_at=1.0)
    of_node = NodeHealth(name="alice@shop.test", owner=owner, node_id=NODE, offer=fine, signer=signer, looked_at=1.0)
    verifier, manager = await stage.bus("dnssec-verifier"), await stage.bus("node-manager")
    await Bucket(verifier, "dns-health", DnsHealth).put("alice=shop.test", of_dns)
    await Bucket(manager, "node-health", NodeHealth).put("alice=shop.test", of_node)


async def test_what_turned_is_told_once_and_with_what_to_do(stage: Stage) -> None:
    seller, now = Seller(), time.time()
    signer = aspect("down", "ok", now, "signer-detached")
    await measured(stage, seller, aspect("ok", None, now), signer)
    bus = await stage.bus("offer-builder")
    turns = Turns(bus)
    await turns.look(OURS)
    await turns.look(OURS)
    await Turns(bus).look(OURS)
    (request,) = [fact.request for fact in await opened(stage, seller)]
    assert isinstance(request, UsernameHealth)
    assert (request.aspect, request.state, request.was) == ("signer", "down", "ok")
    await stage.offer_builders()
    op = await stage.ended(OpRef(request.owner, request.op))
    turned = op.body("turned")
    assert isinstance(turned, Turned)
    assert (turned.name, turned.what_to_do) == ("alice@shop.test", WHAT_TO_DO["signer-detached"])
    await measured(stage, seller, aspect("ok", None, now), aspect("ok", "down", now + 1))
    await turns.look(OURS)
    assert [fact.request.state for fact in await opened(stage, seller) if isinstance(fact.request, UsernameHealth)] == [
        "down",
        "ok",
    ]


async def test_what_is_no_news_is_not_told(stage: Stage) -> None:
    seller, now = Seller(), time.time()
    await measured(stage, seller, aspect("down", None, now), aspect("unknown", "ok", now))
    turns = Turns(await stage.bus("offer-builder"))
    await turns.look(OURS)
    await measured(stage, seller, aspect("down", "ok", now - 2 * 86_400), aspect("ok", "ok", now))
    await turns.look(Held(float("inf")))
    assert await opened(stage, seller) == []
