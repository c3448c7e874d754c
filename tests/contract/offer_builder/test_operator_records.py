"""Operators' records in the names' one table, on a real bus: whose a name is, who comes first, what is undone."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.client.publish import publish
from bus.operations import ledger
from bus.operations.facts import OpRef
from bus.operations.outcomes import Fail, Wait
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.facts import Claimed, Composed, Former, Published, Quarantined, Recorded
from schemas.flows import FLOWS
from schemas.records import NameRecord
from schemas.records import Published as PublishedView
from schemas.requests import Cancel, DnsPublish, DnsWithdraw
from tests.waiting import until

from .stage import Seller, Stage, a_stage, common, names, offer_text, why

PUBLISH = ["requested", *(step.done for step in FLOWS["dns.publish"].steps)]
WITHDRAW = ["requested", *(step.done for step in FLOWS["dns.withdraw"].steps)]


@dataclass
class Operator:
    """Somebody who operates the mesh."""

    pubkey: str = field(default_factory=lambda: os.urandom(32).hex())

    def publishes(self, username: str, key: str, uri: str = "", domain: str = "shop.test") -> DnsPublish:
        uri = uri or f"bitcoin:?lno={offer_text()}"
        return DnsPublish(**common(self.pubkey, key), username=username, domain=domain, uri=uri, ttl_s=120)

    def withdraws(self, username: str, key: str) -> DnsWithdraw:
        return DnsWithdraw(**common(self.pubkey, key), username=username, domain="shop.test")


async def ready(stage: Stage, **instead: Fail | Wait) -> None:
    await stage.offer_builders(2)
    await stage.others(offer_text(), **instead)


async def take_back(stage: Stage, ref: OpRef, operator: Operator) -> None:
    """The operator takes the operation back."""
    wish = Cancel(op=ref.op, owner=ref.owner, pubkey=operator.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(stage.edge, subjects.request("dns", "cancel", ref.op), encode(wish))


async def test_a_record_is_published_changed_by_another_operator_and_withdrawn(stage: Stage) -> None:
    await ready(stage)
    first, second = Operator(), Operator()
    op = await stage.ended(await stage.ask(first.publishes("admin", "one")))
    assert names(op) == PUBLISH
    composed, recorded = op.body("composed"), op.body("recorded")
    assert isinstance(composed, Composed)
    assert isinstance(recorded, Recorded)
    assert (composed.name, composed.ttl_s) == ("admin@shop.test", 120)
    record = await stage.record("admin")
    assert record is not None
    assert (record.state, record.by_operator, record.owner, record.uri) == ("active", True, op.ref.owner, composed.uri)
    view = PublishedView(owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=77, op=op.ref.op)
    await Bucket(await stage.bus("dns-publisher"), "published", PublishedView).put("admin=shop.test", view)

    other = f"bitcoin:?lno={offer_text(expiry=int(time.time()) + 9000)}"
    again = await stage.ended(await stage.ask(second.publishes("admin", "two", other)))
    claimed = again.body("claimed")
    assert isinstance(claimed, Claimed)
    assert claimed.former == Former(uri=composed.uri, ttl_s=77, op=op.ref.op)
    changed = await stage.record("admin")
    assert changed is not None
    assert (changed.owner, changed.uri, changed.changing) == (again.ref.owner, other, None)

    gone = await stage.ended(await stage.ask(first.withdraws("admin", "three")))
    assert names(gone) == WITHDRAW
    rests = await stage.record("admin")
    assert rests is not None
    assert (rests.state, rests.by_operator, rests.uri) == ("quarantined", True, None)
    assert isinstance(gone.body("quarantined"), Quarantined)
    assert why(await stage.ended(await stage.ask(first.withdraws("admin", "four")))) == "record-unknown"
    assert (await stage.ended(await stage.ask(second.publishes("admin", "five")))).has("recorded")


async def test_a_sellers_name_is_never_an_operators_in_any_live_state(stage: Stage) -> None:
    await ready(stage)
    seller, operator = Seller(), Operator()
    await stage.ended(await stage.ask(seller.asks("alice")))
    before = await stage.record("alice")
    for ask in (operator.publishes("alice", "one"), operator.withdraws("alice", "two")):
        assert why(await stage.ended(await stage.ask(ask))) == "name-owned"
    assert await stage.record("alice") == before
    await stage.ended(await stage.ask(seller.releases("alice", "release")))
    assert why(await stage.ended(await stage.ask(operator.publishes("alice", "three")))) == "name-quarantined"


async def test_a_name_that_a_seller_is_registering_is_theirs_already(stage: Stage) -> None:
    await ready(stage, prove=Wait(0.1, "not yet"))
    ref = await stage.ask(Seller().asks("alice"))
    await stage.reaches(ref, "published")
    assert why(await stage.ended(await stage.ask(Operator().publishes("alice", "one")))) == "name-owned"


async def test_an_operators_record_is_never_a_sellers(stage: Stage) -> None:
    await ready(stage)
    operator = Operator()
    await stage.ended(await stage.ask(operator.publishes("carol", "one")))
    assert why(await stage.ended(await stage.ask(Seller().asks("carol")))) == "name-taken"
    same = Seller(operator.pubkey)  # an operator is an owner too, but not by the sellers' door
    assert why(await stage.ended(await stage.ask(same.releases("carol", "release")))) == "name-not-yours"
    assert why(await stage.ended(await stage.ask(same.rotates("carol", "rotate")))) == "name-not-yours"
    await stage.ended(await stage.ask(operator.withdraws("carol", "two")))
    assert why(await stage.ended(await stage.ask(Seller().asks("carol")))) == "name-quarantined"


async def test_of_a_seller_and_an_operator_at_once_exactly_one_has_the_name(stage: Stage) -> None:
    await ready(stage)
    pairs = [(Seller().asks(f"race{n}"), Operator().publishes(f"race{n}", "one")) for n in range(12)]
    asked = await asyncio.gather(*(stage.ask(request) for pair in pairs for request in pair))
    ended = await asyncio.gather(*(stage.ended(ref) for ref in asked))
    for number, (seller, operator) in enumerate(zip(ended[::2], ended[1::2], strict=True)):
        assert seller.has("activated") is not operator.has("recorded")
        loser = operator if seller.has("activated") else seller
        assert why(loser) == ("name-owned" if loser is operator else "name-taken")
        record = await stage.record(f"race{number}")
        assert record is not None
        assert (record.state, record.by_operator) == ("active", operator.has("recorded"))


async def test_of_two_operators_at_once_one_waits_its_turn(stage: Stage) -> None:
    await ready(stage, prove=Wait(0.1, "not yet"))
    first, second = Operator(), Operator()
    ref = await stage.ask(first.publishes("dora", "one"))
    await stage.reaches(ref, "published")
    assert why(await stage.ended(await stage.ask(second.publishes("dora", "two")))) == "name-busy"
    await take_back(stage, ref, first)
    op = await stage.ended(ref)
    assert names(op)[-2:] == ["withdrawn", "unclaimed"]
    assert await stage.record("dora") is None


async def test_a_change_that_fails_leaves_the_record_as_it_was(stage: Stage) -> None:
    await ready(stage)
    operator = Operator()
    await stage.ended(await stage.ask(operator.publishes("emil", "one")))
    before = await stage.record("emil")
    refused = await stage.ended(await stage.ask(operator.publishes("emil", "two", "bitcoin:?lno=lno1nonsense")))
    assert why(refused).startswith("offer-")
    assert names(refused)[-1] == "unclaimed"
    assert await stage.record("emil") == before


async def test_what_the_edge_would_refuse_is_refused_here_too(stage: Stage) -> None:
    await ready(stage)
    operator = Operator()
    asked = {
        "domain-unknown": operator.publishes("fritz", "one", domain="else.test"),
        "username-invalid": operator.publishes("Fritz", "two"),
        "uri-invalid": operator.publishes("fritz", "three", f"bitcoin:?lno={offer_text()}&amount=1"),
        "offer-wrong-chain": operator.publishes("fritz", "four", f"bitcoin:?lno={offer_text(chain='testnet')}"),
        "offer-without-path": operator.publishes("fritz", "five", f"bitcoin:?lno={offer_text(pathed=False)}"),
        "offer-expires-too-soon": operator.publishes(
            "fritz", "six", f"bitcoin:?lno={offer_text(expiry=int(time.time()) + 60)}"
        ),
    }
    for code, request in asked.items():
        assert why(await stage.ended(await stage.ask(request))) == code
    await until(lambda: _is_gone(stage, "fritz"))


async def test_what_was_left_alone_keeps_the_mark_of_who_published_it(stage: Stage) -> None:
    unchanged = Published(
        owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=120, previous_ttl_s=None, changed=False
    )
    await stage.offer_builders()
    await stage.others(offer_text(), publish=unchanged)
    operator = Operator()
    one = await stage.ended(await stage.ask(operator.publishes("gerda", "one")))
    two = await stage.ended(await stage.ask(operator.publishes("gerda", "two")))
    record = await stage.record("gerda")
    assert isinstance(record, NameRecord)
    assert (record.op, record.offer_op) == (two.ref.op, one.ref.op)


async def _is_gone(stage: Stage, username: str) -> bool:
    return await stage.record(username) is None


async def test_a_record_whose_offer_ends_is_taken_out_in_time_and_once(tmp_path: Path) -> None:
    async with a_stage(tmp_path, sweep_after_s=1.0, offer_withdraw_lead_s=3600.0) as stage:
        await stage.others(offer_text())
        await stage.offer_builders(2)
        operator = Operator()
        ends = f"bitcoin:?lno={offer_text(expiry=int(time.time()) + 3000)}"
        assert (await stage.ended(await stage.ask(operator.publishes("ends", "one", ends)))).has("recorded")

        async def resting() -> bool:
            record = await stage.record("ends")
            return record is not None and record.state == "quarantined"

        await until(resting)
        found = await direct.following(stage.edge, "LEDGER", "saga.*.*.requested.>", 0, 100, None)
        flows = [stored.headers[ledger.FLOW_HEADER] for stored in found]
        assert flows == ["dns.publish", "dns.withdraw"]
        lasting = operator.publishes("ends", "two", f"bitcoin:?lno={offer_text()}")
        assert (await stage.ended(await stage.ask(lasting))).has("recorded")
