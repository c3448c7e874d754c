"""However many ask for a node's webhook at once, and whatever changes meanwhile, what is kept is what Greenlight signs
with."""

import asyncio

import msgspec
import pytest

from schemas.settings import Settings
from services.node_manager.desk import Desk
from services.node_manager.greenlight.channels import Identity
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.hooks.asking import ask_for_hook
from services.node_manager.keep.book import Page
from services.sandbox.greenlight.store import StoredNode

from .asking import Person
from .desks import a_desk
from .place import Place

ROUNDS, AT_ONCE = 8, 3


async def a_node(place: Place) -> tuple[Person, str]:
    """A ready node, whose node-manager has left."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    await replica.stop()
    return person, node_id


def at(place: Place, number: int) -> Settings:
    """Settings by which Greenlight is to post somewhere else than before."""
    return msgspec.structs.replace(place.settings, public_url=f"http://127.0.0.1:{number + 1}")


async def page_of(desk: Desk, person: Person, node_id: str) -> Page:
    """What stands."""
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    return page


def is_kept(place: Place, page: Page, number: int) -> bool:
    """Whether the address of round `number` is kept, and Greenlight posts to it once, signed with what is kept."""
    file = place.folder / "greenlight" / "nodes" / page.record.node_id / "node.json"
    hooks = msgspec.json.decode(file.read_bytes(), type=StoredNode).hooks
    ours = [hook.secret for hook in hooks if hook.uri == page.credentials.hook_url]
    return page.credentials.hook_url.startswith(at(place, number).public_url) and ours == [page.credentials.hook_secret]


async def test_of_many_who_ask_at_once_one_asks(place: Place) -> None:
    person, node_id = await a_node(place)
    for number in range(ROUNDS):

        async def ask(settings: Settings) -> None:
            async with a_desk(settings) as desk:
                await ask_for_hook(desk, await page_of(desk, person, node_id))

        await asyncio.gather(*(ask(at(place, number)) for _ in range(AT_ONCE)))
        async with a_desk(at(place, number)) as desk:
            assert is_kept(place, await page_of(desk, person, node_id), number), number


async def test_a_record_that_changes_meanwhile_keeps_the_webhook_and_the_change(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, node_id = await a_node(place)
    async with a_desk(at(place, 0)) as desk:
        add_hook, changes = desk.scheduler.add_hook, []

        async def add(node: bytes, device: Identity, uri: str) -> str | CallProblem:
            secret = await add_hook(node, device, uri)
            changes.append(
                await desk.book.change(
                    person.owner, node_id, lambda record: msgspec.structs.replace(record, state="synced")
                )
            )
            return secret

        monkeypatch.setattr(desk.scheduler, "add_hook", add)
        await ask_for_hook(desk, await page_of(desk, person, node_id))
        page = await page_of(desk, person, node_id)
    assert len(changes) == 1
    assert is_kept(place, page, 0)
    assert page.record.state == "synced"
