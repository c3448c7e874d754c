"""Many payments between three nodes at once, with faults at random: each is made once, no money is made or lost."""

import asyncio
import contextlib
import random
import secrets

import grpc.aio

from proto import node_pb2
from schemas.greenlight.keys import NodeKeys
from services.sandbox.greenlight import GreenlightWorld
from services.sandbox.greenlight.money.faults import Kind
from tests.contract.greenlight.client import desk, until

from .person import Person, adds_up, bolt12

PAYMENTS, AT_ONCE = 60, 12
STRIKING = [kind for kind in Kind if kind not in (Kind.NODE_KILLED, Kind.SIGNER_DETACHED) and "fetch" not in kind.value]
COMPLETE = node_pb2.ListpaysPays.COMPLETE


async def one_payment(rng: random.Random, payer: Person, payee: Person, number: int) -> bytes:
    """Pay somebody something, and again until it is paid; the invoice's hash. Whatever the answers say, it is one."""
    msat = rng.randint(1, 50_000)
    if rng.random() < 0.5:
        made = await payee.invoice(f"{payer.node_id[:6]}-{number}", msat)
        text, payment_hash = made.bolt11, made.payment_hash
    else:
        text = await payer.fetch(await payee.offer(str(msat)))
        payment_hash = bolt12(text).payment_hash
    if rng.random() < 0.6:
        payer.fault(rng.choice(STRIKING).value, forS=rng.random() / 2, paymentHash=payment_hash.hex())
    for _ in range(200):
        with contextlib.suppress(grpc.aio.AioRpcError):
            await asyncio.gather(payer.pay(text), payer.pay(text))
        (row,) = await payer.pays(payment_hash=payment_hash) or (node_pb2.ListpaysPays(),)
        if row.status == COMPLETE:
            return payment_hash
        await asyncio.sleep(0.05)
    raise AssertionError("never paid")


async def test_every_payment_is_made_once_whatever_goes_wrong(world: GreenlightWorld) -> None:
    rng = random.Random(11)
    async with desk(await world.start()) as opened, contextlib.AsyncExitStack() as signers:
        people = []
        for _ in range(3):
            owned = await opened.register(NodeKeys.from_secret(secrets.token_bytes(32), "regtest"))
            people.append(Person(world, owned, await owned.schedule()))
            await signers.enter_async_context(people[-1].signing())
            people[-1].fund(50_000_000)
        pairs = [(payer, payee) for payer, payee in (rng.sample(people, 2) for _ in range(PAYMENTS))]
        few = asyncio.Semaphore(AT_ONCE)

        async def in_turn(number: int, payer: Person, payee: Person) -> bytes:
            async with few:
                return await one_payment(rng, payer, payee, number)

        hashes = await asyncio.gather(*(in_turn(number, *pair) for number, pair in enumerate(pairs)))
        await until(lambda: adds_up(world)["moving"] == 0, within_s=30)
        paid = [row for person in people for row in await person.pays() if row.status == COMPLETE]
        assert sorted(row.payment_hash for row in paid) == sorted(hashes)
        indexed = {person.node_id: [row.pay_index for row in await person.invoices()] for person in people}
        for found in indexed.values():
            assert sorted(found) == list(range(1, len(found) + 1))
        money = adds_up(world)
        assert money["funded"] == 150_000_000
        assert money["earned"] == sum(row.amount_sent_msat.msat - row.amount_msat.msat for row in paid)
