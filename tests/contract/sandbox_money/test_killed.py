"""The sandbox's process is killed again and again while everybody pays: every invoice is paid once, nothing is lost."""

import asyncio
import contextlib
import random
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
from mnemonic import Mnemonic

from proto import node_pb2, primitives_pb2
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.world import World
from services.mesh.device.signer import Signer
from services.sandbox.greenlight import GreenlightAddresses
from tests.contract.greenlight.client import Answered, Desk, Owned, desk
from tests.contract.sandbox_dns.test_restart import Started

AGAIN = re.compile(r"Some\((200|205)\)")
"""On its way already, or the payee is not connected yet: nothing to do but to ask again."""
PAYMENTS, KILLS, FUNDS, MSAT = 24, 3, 10_000_000, 1_000


@contextlib.asynccontextmanager
async def at_desk(world: World) -> AsyncIterator[Desk]:
    """The scheduler of a sandbox process."""
    files = (Path(world.ca_file), Path(world.nobody_cert_file), Path(world.nobody_key_file))
    async with desk(GreenlightAddresses(world.scheduler_uri, *files)) as opened:
        yield opened


async def persistently(call: Callable[[], Awaitable[Answered]]) -> Answered:
    """The answer of a call that is repeated until there is one; a final refusal is one."""
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNKNOWN and not AGAIN.search(error.details() or ""):
                raise
            await asyncio.sleep(0.1)


async def call(owned: Owned, method: str, request: Any, answer: type[Answered]) -> Answered:
    """A call to the node wherever it is now, until it is answered."""

    async def once() -> Answered:
        return await owned.call(await owned.schedule(), method, request, answer)

    return await persistently(once)


async def one_payment(payer: Owned, payee: Owned, number: int) -> bytes:
    """Make an invoice and pay it, both until it is certain; its hash."""
    label = f"order {number}"
    amount = primitives_pb2.AmountOrAny(amount=primitives_pb2.Amount(msat=MSAT))
    asked = node_pb2.InvoiceRequest(label=label, description="tea", amount_msat=amount)
    try:
        text = (await call(payee, "Invoice", asked, node_pb2.InvoiceResponse)).bolt11
    except grpc.aio.AioRpcError:
        listed = node_pb2.ListinvoicesRequest(label=label)
        (row,) = (await call(payee, "ListInvoices", listed, node_pb2.ListinvoicesResponse)).invoices
        text = row.bolt11
    paid = await call(payer, "Pay", node_pb2.PayRequest(bolt11=text), node_pb2.PayResponse)
    return paid.payment_hash


async def control(world: World, path: str, body: object = None) -> Any:
    """One call of the control interface."""
    async with httpx.AsyncClient(base_url=world.control_url) as client:
        answer = await (client.get(path) if body is None else client.post(path, json=body))
    answer.raise_for_status()
    return answer.json()


async def is_connected(world: World, owned: Owned) -> bool:
    """Whether the node is connected to its peer, without which it can receive nothing."""
    nodes = (await control(world, "/control/state"))["greenlight"]["nodes"]
    return bool(nodes[owned.keys.node_id.hex()]["peerConnected"])


@pytest.mark.timeout(240)
async def test_a_sandbox_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rng, process = random.Random(3), Started(tmp_path)
    world = await process.start()
    async with at_desk(world) as opened, contextlib.AsyncExitStack() as signers:
        people = []
        for _ in range(2):
            words = Mnemonic("english").generate(128)
            people.append(await opened.register(NodeKeys.from_secret(secret_from_mnemonic(words), "regtest")))
            await people[-1].schedule()
            await (await signers.enter_async_context(Signer(world, words))).wait_attached(30)
        payer, payee = people
        async with asyncio.timeout(60):
            while not await is_connected(world, payer):
                await asyncio.sleep(0.05)
        funding = {"nodeId": payer.keys.node_id.hex(), "amountMsat": FUNDS}
        await control(world, "/control/greenlight/receive", funding)
        paying = [asyncio.create_task(one_payment(payer, payee, number)) for number in range(PAYMENTS)]
        for _ in range(KILLS):
            await asyncio.sleep(rng.random())
            await process.end(signal.SIGKILL)
            world = await process.start()
        hashes = await asyncio.gather(*paying)
        assert len(set(hashes)) == PAYMENTS
        state = (await control(world, "/control/state"))["greenlight"]
        assert state["money"]["broken"] == []
        assert state["money"]["fundedMsat"] == str(FUNDS)
        assert state["nodes"][payer.keys.node_id.hex()]["parts"]["complete"] == PAYMENTS
        assert state["nodes"][payee.keys.node_id.hex()]["toUsMsat"] == str(PAYMENTS * MSAT)
        assert state["nodes"][payee.keys.node_id.hex()]["invoices"] == {"paid": PAYMENTS}
    await process.end(signal.SIGTERM)
