"""Alice and Bob, each with a node, a signer and a channel; Alice has money."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import desk

from .person import Person

FUNDS = 1_000_000_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[GreenlightWorld]:
    """A started world."""
    made = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest")
    yield made
    await made.stop()


@pytest.fixture
async def people(world: GreenlightWorld) -> AsyncIterator[tuple[Person, Person]]:
    """Two nodes without signers."""
    async with desk(await world.start()) as opened:
        found = []
        for _ in range(2):
            owned = await opened.register(NodeKeys.from_secret(secrets.token_bytes(32), "regtest"))
            found.append(Person(world, owned, await owned.schedule()))
        yield found[0], found[1]


@pytest.fixture
async def pair(people: tuple[Person, Person]) -> AsyncIterator[tuple[Person, Person]]:
    """Both connected, Alice funded."""
    async with contextlib.AsyncExitStack() as stack:
        for person in people:
            await stack.enter_async_context(person.signing())
        people[0].fund(FUNDS)
        yield people


@pytest.fixture
def alice(pair: tuple[Person, Person]) -> Person:
    """Who pays."""
    return pair[0]


@pytest.fixture
def bob(pair: tuple[Person, Person]) -> Person:
    """Who is paid."""
    return pair[1]
