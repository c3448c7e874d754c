"""An envelope that a record names is never erased, whatever answers get lost on the way."""

import msgspec
import pytest

from bus.client import publish
from bus.client.connection import Bus
from bus.client.js_api import core_request
from bus.errors import BusUnavailable
from services.node_manager.desk import Desk
from services.node_manager.keep.book import NODES, NodeBook, Page
from services.node_manager.keep.credentials import Credentials

from .asking import Person
from .desks import a_desk
from .place import Place

FIRST = Credentials(certificate="first", key="k", rune="r", how="registered")
SECOND = msgspec.structs.replace(FIRST, certificate="second")


async def a_page(place: Place, desk: Desk) -> tuple[Person, str, Page]:
    """A record of somebody's node, as it stands."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await replica.stop()
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    return person, node_id, page


class LostAnswer:
    """The bus stores the next change of a node's record and its answer gets lost; `meanwhile` somebody changes it."""

    def __init__(self, other: NodeBook, person: Person, node_id: str) -> None:
        self._other, self._person, self._node_id = other, person, node_id
        self._asked = core_request
        self.lost = 0

    async def __call__(
        self, bus: Bus, subject: str, payload: bytes, *, timeout_s: float, headers: dict[str, str]
    ) -> bytes:
        answer = await self._asked(bus, subject, payload, timeout_s=timeout_s, headers=headers)
        if subject.startswith(f"$KV.{NODES}.") and not self.lost:
            self.lost += 1
            await self._other.change(
                self._person.owner, self._node_id, lambda record: msgspec.structs.replace(record, state="synced")
            )
            raise BusUnavailable("the answer got lost")
        return answer


async def test_a_write_whose_answer_got_lost_erases_nothing_that_the_record_names(
    place: Place, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, node_id, page = await a_page(place, desk)
    async with a_desk(place.settings) as other:
        lost = LostAnswer(other.book, person, node_id)
        monkeypatch.setattr(publish, "core_request", lost)
        written = await desk.book.write(page.record, SECOND, page)
        after = await desk.book.read(person.owner, node_id)
    assert lost.lost == 1
    assert after is not None
    assert (after.credentials, after.record.state) == (SECOND, "synced")
    assert written
