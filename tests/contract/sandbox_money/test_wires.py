"""Connections of clients that are cut while a payment is on its way: the caller learns nothing, the node goes on."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from proto import scheduler_pb2
from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import desk, until
from tests.contract.greenlight.state import node_of

from .conftest import FUNDS
from .person import Person, adds_up


@pytest.fixture
async def wired(tmp_path: Path) -> AsyncIterator[GreenlightWorld]:
    """A world whose clients come over wires."""
    made = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest", wires=True)
    yield made
    await made.stop()


@contextlib.asynccontextmanager
async def alice_and_bob(world: GreenlightWorld) -> AsyncIterator[tuple[Person, Person]]:
    """Both with signers that come by the way that signers are told; Alice has money."""
    async with desk(await world.start()) as opened, contextlib.AsyncExitStack() as stack:
        people = []
        for _ in range(2):
            owned = await opened.register(NodeKeys.from_secret(secrets.token_bytes(32), "regtest"))
            line = await owned.schedule()
            own = Person(world, owned, str(node_of(world, owned.keys)["uri"]))
            assert own.uri != line
            await stack.enter_async_context(own.signing())
            people.append(Person(world, owned, line))
        people[0].fund(FUNDS)
        yield people[0], people[1]


async def test_what_is_cut_while_it_pays_is_paid_and_the_next_call_gets_through(wired: GreenlightWorld) -> None:
    async with alice_and_bob(wired) as (alice, bob):
        made = await bob.invoice("order 1", 5_000)
        alice.fault("late", forS=600)
        paying = asyncio.create_task(alice.pay(made.bolt11))
        await until(lambda: adds_up(wired)["moving"] > 0)
        wired.cut({})
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await paying
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert node_of(wired, alice.owned.keys)["signers"] == 1
        wired.reset_faults()
        await until(lambda: adds_up(wired)["moving"] == 0)
        (row,) = await alice.pays(payment_hash=made.payment_hash)
        assert row.preimage


async def test_one_of_several_is_cut(wired: GreenlightWorld) -> None:
    async with alice_and_bob(wired) as (alice, bob), alice.owned.scheduler() as stub:
        await stub.GetNodeInfo(scheduler_pb2.NodeInfoRequest(node_id=alice.owned.keys.node_id))
        await until(lambda: wired.state()["wires"] == 2)  # the desk's and this one: those of former calls have ended
        wired.cut({"number": 21})
        await until(lambda: wired.state()["wires"] == 1)
        await bob.channel()


async def test_the_scheduler_has_its_address_again_after_a_restart(tmp_path: Path) -> None:
    addresses = set()
    for _ in range(2):
        world = GreenlightWorld(tmp_path / "greenlight", boot_delay_s=0.0, network="regtest", wires=True)
        addresses.add((await world.start()).scheduler_uri)
        await world.stop()
    assert len(addresses) == 1


async def test_there_is_nothing_to_cut_without_wires(world: GreenlightWorld) -> None:
    await world.start()
    with pytest.raises(ValueError, match="without wires"):
        world.cut({})
