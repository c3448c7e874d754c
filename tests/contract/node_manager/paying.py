"""Two people whose nodes can pay each other, and what they ask for."""

import time
from dataclasses import dataclass

from bus.operations.facts import Operation, OpRef
from proto import node_pb2, primitives_pb2
from schemas.base import utc_text
from schemas.facts import Failed, Settled
from schemas.requests import PaymentSend
from services.mesh.device.signer import Signer
from services.node_manager.desk import Desk
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.methods import INVOICE
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .place import Place

FUNDS = 1_000_000_000
FEE_MOST = 100_000


@dataclass
class Payer:
    """Somebody with a node, a signer and a channel."""

    place: Place
    person: Person
    node_id: str
    signer: Signer

    async def leave(self) -> None:
        """Take the signer away."""
        await self.signer.__aexit__(None, None, None)

        async def gone() -> bool:
            return not self.place.nodes()[self.node_id]["peerConnected"]

        await until(gone)

    def request(self, key: str, to: str, msat: int | None = None, **fields: object) -> PaymentSend:
        """What is asked for."""
        return PaymentSend(
            op=self.person.op(key),
            owner=self.person.owner,
            pubkey=self.person.pubkey,
            body_sha256="00" * 32,
            asked_at=utc_text(time.time()),
            node_id=self.node_id,
            to=to,
            amount_msat=None if msat is None else str(msat),
            **fields,  # type: ignore[arg-type]  # test shorthand
        )

    async def pay(self, key: str, to: str, msat: int | None = None, **fields: object) -> OpRef:
        """Put `payment.send` on INGRESS."""
        return await self.place.ask(self.request(key, to, msat, **fields))

    @property
    def holds(self) -> int:
        """What the world says the node can spend, in msat."""
        return int(str(self.place.nodes()[self.node_id]["spendableMsat"]))

    def fault(self, kind: str, **fields: object) -> None:
        """The node's next payment goes wrong like that."""
        self.place.world.set_money_fault({"kind": kind, "nodeId": self.node_id, **fields})

    async def node(self, desk: Desk) -> Node:
        """The node, as we speak to it."""
        page = await desk.book.read(self.person.owner, self.node_id)
        assert page is not None
        running = await desk.look(self.node_id, page.credentials)
        assert isinstance(running, Running), running
        return desk.node(running.uri, page.credentials)

    async def offer(self, desk: Desk, amount: str = "any", quantity_max: int | None = None) -> str:
        """A new offer of the node's."""
        label = f"tea-{time.monotonic_ns()}"
        made = await (await self.node(desk)).offer(
            node_pb2.OfferRequest(amount=amount, description="tea", label=label, quantity_max=quantity_max)
        )
        assert isinstance(made, node_pb2.OfferResponse), made
        return made.bolt12

    async def invoice(self, desk: Desk, msat: int | None, expiry_s: int = 3600) -> str:
        """A new BOLT 11 invoice of the node's."""
        amount = primitives_pb2.AmountOrAny(any=True)
        if msat is not None:
            amount = primitives_pb2.AmountOrAny(amount=primitives_pb2.Amount(msat=msat))
        request = node_pb2.InvoiceRequest(
            description="tea", label=f"tea-{time.monotonic_ns()}", amount_msat=amount, expiry=expiry_s
        )
        made = await (await self.node(desk)).sign(INVOICE, request, node_pb2.InvoiceResponse)
        assert isinstance(made, node_pb2.InvoiceResponse), made
        return made.bolt11


async def a_payer(place: Place, instance: str, msat: int = 0) -> Payer:
    """Register a node at the replica `instance`, attach its signer, fund it."""
    person = Person()
    node_id = await place.registered(person, "node", instance)
    signer = await place.stack.enter_async_context(Signer(place.addresses, person.words))
    await signer.wait_attached(PATIENCE_S)

    async def connected() -> bool:
        return bool(place.nodes()[node_id]["peerConnected"])

    await until(connected)
    if msat:
        place.receive(node_id, msat)
    return Payer(place, person, node_id, signer)


async def a_pair(place: Place, instance: str) -> tuple[Payer, Payer]:
    """Who pays, with money, and who is paid."""
    return await a_payer(place, instance, FUNDS), await a_payer(place, instance)


def settled(op: Operation) -> Settled:
    """The payment, which arrived."""
    fact = op.body("settled")
    assert isinstance(fact, Settled), op.facts[-1]
    return fact


def failed(op: Operation) -> Failed:
    """Why nothing was paid."""
    fact = op.body("failed")
    assert isinstance(fact, Failed), op.facts[-1]
    return fact


def adds_up(place: Place) -> None:
    """The world's books hold."""
    money = place.world.state()["money"]
    assert isinstance(money, dict)
    assert money["broken"] == []
    assert int(money["fundedMsat"]) == sum(int(money[f"{part}Msat"]) for part in ("held", "moving", "earned"))
