"""What a node came to is told in the end, however often it turned before and whoever looked then."""

from schemas.records import NodeRecord
from services.node_manager.desk import Desk
from services.node_manager.lifecycle.condition import Condition
from services.node_manager.lifecycle.readiness import STARTING, STOPPED

from .asking import Person
from .place import Place


async def a_condition(place: Place, desk: Desk) -> tuple[Condition, NodeRecord]:
    """What a watcher knows that has told its node's owner as much as it may, and the record; nobody else watches."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await place.stands_at(person, node_id, "rpc", "detached")
    await replica.stop()
    condition = Condition(desk, person.owner, node_id)
    while condition._news.may_tell(desk.clock()):
        pass
    return condition, await stands(condition)


async def stands(condition: Condition) -> NodeRecord:
    """The node's record; what is to be told of it was."""
    entry = await condition.desk.book.record(condition.owner, condition.node_id)
    assert entry is not None
    assert entry.value.told == entry.value.turn
    return entry.value


async def test_a_node_that_stopped_after_many_turns_is_told_to_have(place: Place, desk: Desk) -> None:
    condition, before = await a_condition(place, desk)
    await condition.seen(STOPPED, last=True)
    after = await stands(condition)
    assert (after.state, after.turn) == ("registered", before.turn + 1)


async def test_a_turn_that_was_held_back_is_told_by_who_watches_next(place: Place, desk: Desk) -> None:
    condition, before = await a_condition(place, desk)
    for _ in range(2):  # a node that sinks is seen to do so twice
        await condition.seen(STARTING)
    held_back = await stands(condition)
    assert (held_back.state, held_back.turn) == ("scheduled", before.turn)
    another = Condition(desk, condition.owner, condition.node_id)  # of another process: that one died
    for _ in range(2):  # told once
        await another.seen(STARTING)
    after = await stands(another)
    assert (after.state, after.turn) == ("scheduled", before.turn + 1)


async def test_an_own_node_that_comes_and_goes_drowns_nothing(place: Place, desk: Desk) -> None:
    condition, before = await a_condition(place, desk)
    for _ in range(5):
        await condition.seen(STOPPED)  # it cannot be reached, and is looked for
        await condition.seen(STARTING)
    assert (await stands(condition)).turn == before.turn
