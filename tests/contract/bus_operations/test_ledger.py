"""The ledger: one fact, one write; who lost the race is told; a lost answer is resolved by reading."""

import asyncio

import pytest

from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.operations.ledger import Committed, Stale
from schemas.facts import Reserved
from schemas.ids import OpId, Owner

from .conftest import Place
from .toy import DONE, request


async def test_nothing_is_there_before_it_is_opened(place: Place) -> None:
    asked = request(1)
    assert await ledger.read(place.edge, OpRef(asked.owner, asked.op)) is None
    assert await ledger.find(place.edge, asked.op) is None


async def test_opening_again_gives_what_exists(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    first = await ledger.open_operation(bus, asked)
    again = await ledger.open_operation(bus, asked)
    assert first.facts[0].seq == again.facts[0].seq
    assert again == await ledger.find(bus, asked.op)
    assert again.request == asked
    assert abs(again.facts[0].at - first.facts[0].at) < 60


async def test_ten_at_once_open_one_operation(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    found = await asyncio.gather(*(ledger.open_operation(bus, asked) for _ in range(10)))
    assert len({op.last_seq for op in found}) == 1
    assert await place.names(asked) == ["requested"]


async def test_a_stale_writer_writes_nothing(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    op = await ledger.open_operation(bus, asked)
    assert isinstance(await ledger.append(bus, op, slip.advance(op, DONE["reserve"])), Committed)
    step = op.flow.steps[0]
    answer = await ledger.append(bus, op, slip.advance(op, slip.cancelled(op, step)))
    assert isinstance(answer, Stale)
    assert [fact.name for fact in answer.op.facts] == ["requested", "reserved"]
    assert await place.names(asked) == ["requested", "reserved"]


async def test_the_same_fact_again_is_committed_and_stored_once(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    op = await ledger.open_operation(bus, asked)
    commit = slip.advance(op, DONE["reserve"])
    first, again = await ledger.append(bus, op, commit), await ledger.append(bus, op, commit)
    assert isinstance(first, Committed)
    assert isinstance(again, Committed)
    assert first.op.last_seq == again.op.last_seq


async def test_another_body_under_the_same_name_is_not_ours(place: Place) -> None:
    """Two replicas finish one step differently: the message id is the same, so the server answers `duplicate`."""
    bus, asked = await place.bus("offer-builder"), request(1)
    op = await ledger.open_operation(bus, asked)
    assert isinstance(await ledger.append(bus, op, slip.advance(op, DONE["reserve"])), Committed)
    answer = await ledger.append(bus, op, slip.advance(op, Reserved(name="bob@shop.test", revision=9)))
    assert isinstance(answer, Stale)
    assert answer.op.body("reserved") == DONE["reserve"]


async def test_an_append_lives_through_kill_9_of_the_server(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    op = await ledger.open_operation(bus, asked)
    await place.server.kill()
    writing = asyncio.create_task(ledger.append(bus, op, slip.advance(op, DONE["reserve"])))
    await place.server.restart()
    assert isinstance(await writing, Committed)
    assert await place.names(asked) == ["requested", "reserved"]


async def test_a_wildcard_in_an_id_finds_nothing(place: Place) -> None:
    bus, asked = await place.bus("offer-builder"), request(1)
    await ledger.open_operation(bus, asked)
    for wild in ("*", ">", "*.*", "", f"{asked.op}.>", asked.op.upper()):
        assert await ledger.find(place.edge, OpId(wild)) is None
        assert await ledger.read(place.edge, OpRef(asked.owner, OpId(wild))) is None
        assert await ledger.read(place.edge, OpRef(Owner(wild), asked.op)) is None


@pytest.mark.parametrize("count", [30])
async def test_a_race_has_one_winner_each_round(place: Place, count: int) -> None:
    bus = await place.bus("offer-builder")
    for number in range(count):
        op = await ledger.open_operation(bus, request(number))
        step = op.flow.steps[0]
        rivals = (slip.advance(op, DONE["reserve"]), slip.advance(op, slip.cancelled(op, step)))
        answers = await asyncio.gather(*(ledger.append(bus, op, rival) for rival in rivals))
        assert sorted(type(answer).__name__ for answer in answers) == ["Committed", "Stale"]
        assert len(await place.names(request(number))) == 2
