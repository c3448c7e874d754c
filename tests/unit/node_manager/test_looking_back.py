"""When a node is looked at because of its money: at once and some times after something happened, and else never."""

from typing import cast

from bus.buckets.kv import Entry
from bus.buckets.mirror import Mirror
from schemas.ids import Owner
from schemas.records import Purse
from services.node_manager.watch.looking_back import LOOKS_AFTER_S, LookingBack

OWNER = Owner("o" * 26)


class Shown:
    """What a mirror shows: the purse at a revision."""

    def __init__(self) -> None:
        self.revision = 0

    def get(self, key: str) -> Entry[Purse] | None:
        """The owner's purse, once it was written."""
        assert key == OWNER
        return Entry(Purse(), self.revision, 0.0) if self.revision else None


def looks(back: LookingBack, until_s: int) -> list[int]:
    """The seconds at which it is due, asked once a second."""
    return [at for at in range(until_s) if back.is_due(float(at))]


def test_nothing_is_looked_at_while_nothing_changes() -> None:
    shown = Shown()
    shown.revision = 7
    assert looks(LookingBack(cast("Mirror[Purse]", shown), OWNER), 60) == []


def test_a_change_is_looked_at_several_times_and_then_no_more() -> None:
    shown = Shown()
    back = LookingBack(cast("Mirror[Purse]", shown), OWNER)
    shown.revision = 1
    assert looks(back, 60) == [int(after) for after in LOOKS_AFTER_S]
    assert not back.is_due(1000.0)


def test_a_change_meanwhile_begins_anew() -> None:
    shown = Shown()
    back = LookingBack(cast("Mirror[Purse]", shown), OWNER)
    shown.revision = 1
    assert back.is_due(0.0)
    shown.revision = 2
    assert [at for at in range(3, 60) if back.is_due(float(at))] == [3 + int(after) for after in LOOKS_AFTER_S]


def test_what_the_node_told_is_looked_at_as_often() -> None:
    back = LookingBack(cast("Mirror[Purse]", Shown()), OWNER)
    back.happened(5.0)
    assert [at for at in range(5, 60) if back.is_due(float(at))] == [5 + int(after) for after in LOOKS_AFTER_S]
