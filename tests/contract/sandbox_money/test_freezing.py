"""A call that needs a signature freezes its node until somebody signs, whether its caller waits or not."""

import asyncio
from collections.abc import Awaitable

from proto import greenlight_pb2, node_pb2
from proto.greenlight_pb2_grpc import NodeStub
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import until
from tests.contract.greenlight.state import node_of

from .conftest import FUNDS
from .person import Person, adds_up


async def frozen(person: Person) -> None:
    """Return when the node answers nothing any more."""

    async def answers() -> bool:
        try:
            async with asyncio.timeout(0.3):
                await person.pays()
        except TimeoutError:
            return False
        return True

    while await answers():
        await asyncio.sleep(0.01)


async def left_waiting(person: Person, call: Awaitable[object]) -> None:
    """Begin a call and leave when the node waits for a signature."""
    task = asyncio.ensure_future(call)
    await until(lambda: bool(node_of(person.world, person.owned.keys)["waitsForSigner"]))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _refuse_all(stub: NodeStub) -> None:
    async for request in stub.StreamHsmRequests(greenlight_pb2.Empty()):
        answer = greenlight_pb2.HsmResponse(request_id=request.request_id, error="unknown message")
        await stub.RespondHsmRequest(answer)


async def test_a_payment_asked_for_without_a_signer_is_made_when_it_comes(
    people: tuple[Person, Person], world: GreenlightWorld
) -> None:
    """The caller is long gone: this is why nobody may ask a node without a signer."""
    alice, bob = people
    async with bob.signing():
        async with alice.signing():
            alice.fund(FUNDS)
            made = await bob.invoice("order 1", 5_000)
        await alice.alone()
        await left_waiting(alice, alice.xpay(made.bolt11))
        await frozen(alice)
        assert adds_up(world)["held"] == FUNDS
        async with alice.signing():
            await until(lambda: adds_up(world)["earned"] > 0)
            (row,) = await alice.pays()
            assert row.status == node_pb2.ListpaysPays.COMPLETE


async def test_a_frozen_node_forgets_what_it_was_asked_when_it_is_stopped(
    people: tuple[Person, Person], world: GreenlightWorld
) -> None:
    alice, bob = people
    async with bob.signing():
        made = await bob.invoice("order 1", 5_000)
        await left_waiting(alice, alice.xpay(made.bolt11))
        await frozen(alice)
        await alice.owned.call(alice.uri, "Stop", node_pb2.StopRequest(), node_pb2.StopResponse)
        await until(lambda: node_of(world, alice.owned.keys)["uri"] == "")
        alice.uri = await alice.owned.schedule()
        async with alice.signing():
            alice.fund(FUNDS)
            assert await alice.pays() == []
            await alice.xpay(made.bolt11)


async def test_making_an_invoice_or_asking_for_one_freezes_as_well(people: tuple[Person, Person]) -> None:
    alice, bob = people
    async with bob.signing():
        offer = await bob.offer("1000")
    await left_waiting(alice, alice.invoice("order 1", 1))
    await frozen(alice)
    await bob.alone()
    await left_waiting(bob, bob.fetch(offer))
    await frozen(bob)
    async with alice.signing():
        assert [row.label for row in await alice.invoices()] == ["order 1"]


async def test_a_signer_that_does_not_know_the_message_wedges_the_node(
    people: tuple[Person, Person],
) -> None:
    """As the official client's signer does with an invoice request."""
    alice, bob = people
    async with bob.signing():
        offer = await bob.offer("1000")
        async with alice.owned.signer_stream(alice.uri) as stub:
            refusing = asyncio.create_task(_refuse_all(stub))
            await left_waiting(alice, alice.fetch(offer))
            await frozen(alice)
            refusing.cancel()
            await asyncio.gather(refusing, return_exceptions=True)
