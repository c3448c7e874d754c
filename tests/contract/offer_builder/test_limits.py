"""How many names an owner may have, decided by compare-and-set on a real bus, however many ask at once."""

import asyncio
from collections import Counter
from pathlib import Path

from bus.buckets.kv import Bucket
from bus.operations.outcomes import Done, Fail, Undone, Wait
from schemas.flows import FLOWS
from schemas.records import Holdings
from services.offer_builder.handlers.reserve import Reserve

from .stage import Seller, Stage, a_stage, offer_text, why
from .test_username_release import a_desk, live, standing

RESERVE = FLOWS["username.register"].step("reserve")


async def held(stage: Stage, seller: Seller) -> list[str]:
    """The names the seller holds a place for."""
    bus = await stage.bus("offer-builder")
    entry = await Bucket(bus, "holdings", Holdings).get(seller.asks("x").owner)
    return sorted(holding.name for holding in entry.value.held) if entry else []


async def test_of_many_registrations_at_once_no_more_than_allowed_go_through(tmp_path: Path) -> None:
    async with a_stage(tmp_path, names_per_owner=3) as stage:
        await stage.offer_builders(2)
        await stage.others(offer_text())
        seller = Seller()
        refs = await asyncio.gather(*(stage.ask(seller.asks(f"name{n}", f"k{n}")) for n in range(8)))
        ops = await asyncio.gather(*(stage.ended(ref) for ref in refs))
        assert Counter(why(op) for op in ops if op.has("failed")) == {"too-many-names": 5}
        assert len(await held(stage, seller)) == 3
        assert (await stage.ended(await stage.ask(Seller().asks("other")))).has("activated"), (
            "limits are an owner's own"
        )
        kept = (await held(stage, seller))[0].partition("@")[0]
        assert (await stage.ended(await stage.ask(seller.releases(kept, "release")))).has("retired")
        assert (await stage.ended(await stage.ask(seller.asks("room", "room")))).has("activated")
        assert why(await stage.ended(await stage.ask(seller.asks("more", "more")))) == "too-many-names"


async def test_what_fails_gives_its_place_back_but_was_begun(tmp_path: Path) -> None:
    async with a_stage(tmp_path, registrations_per_day=2) as stage:
        await stage.offer_builders()
        await stage.others(offer_text(), publish=Fail("dns-refused", "no"))
        seller = Seller()
        for number in range(2):
            assert why(await stage.ended(await stage.ask(seller.asks(f"name{number}", f"k{number}")))) == "dns-refused"
        assert await held(stage, seller) == []
        assert why(await stage.ended(await stage.ask(seller.asks("name2", "k2")))) == "too-many-registrations"


async def test_a_name_that_is_taken_costs_nobody_a_place(stage: Stage) -> None:
    await stage.offer_builders()
    await stage.others(offer_text())
    seller, other = Seller(), Seller()
    await live(stage, seller)
    assert why(await stage.ended(await stage.ask(other.asks("alice")))) == "name-taken"
    assert await held(stage, other) == []
    assert await held(stage, seller) == ["alice@shop.test"]


async def test_an_attempt_after_a_crash_takes_no_second_place(stage: Stage) -> None:
    desk, seller = await a_desk(stage), Seller()
    op = standing(seller.asks("alice"))
    assert await desk.places.take(op.ref.owner, op.ref.op, "alice@shop.test", desk.clock()) is None
    assert isinstance(await Reserve(desk).act(op, RESERVE), Done)
    assert isinstance(await Reserve(desk).act(op, RESERVE), Done)
    assert await held(stage, seller) == ["alice@shop.test"]
    for _ in range(2):
        assert isinstance(await Reserve(desk).undo(op, RESERVE), Undone)
        assert await held(stage, seller) == []
    late = standing(Seller().asks("alice"))
    outcome = await Reserve(desk).act(late, RESERVE)
    assert not isinstance(outcome, Fail | Wait)
