"""Payments under way: each part is carried to its payee by a task of its own, and none is forgotten.

A part that leaves while its payee is not connected comes back at once. One that is on its way waits for the signers
of both ends, through detached signers, stopped nodes and a restart of the whole sandbox. What becomes of it is one
change in the ledger; only then is anybody told.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from coincurve import PrivateKey

from schemas.bolt11 import Bolt11, decode_bolt11
from schemas.bolt12 import BlindedPath, Invoice, OpenedHop, RecipientData, decode_invoice, open_hop, open_shared
from schemas.greenlight.signing import Ask, to_exchange
from services.sandbox.greenlight.errors import Code
from services.sandbox.greenlight.money.bell import Bell
from services.sandbox.greenlight.money.ledger import Ledger
from services.sandbox.greenlight.money.rows import PartRow

if TYPE_CHECKING:
    from services.sandbox.greenlight.inside import Inside

UNREACHABLE = "Could not find a route: the destination is not connected"
REFUSED = "Destination said it doesn't know invoice: incorrect_or_unknown_payment_details"


class Network:
    """The provider between all nodes; `find` knows them by id (hex)."""

    def __init__(self, ledger: Ledger, provider_key: PrivateKey, find: "Callable[[str], Inside | None]") -> None:
        self._ledger, self._provider, self._find = ledger, provider_key, find
        self._carriers: dict[int, asyncio.Task[None]] = {}
        self.release = Bell()
        """Rung when parts that are late need not wait any longer."""

    def resume(self) -> None:
        """Carry on with every part that was on its way when the sandbox ended."""
        for part in self._ledger.moving():
            self._start(part, fresh=False)

    async def close(self) -> None:
        """Stop carrying; what is on its way stays so."""
        carriers = list(self._carriers.values())
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)

    def carry(self, part: PartRow) -> None:
        """Begin to carry a part that was just sent."""
        self._start(part, fresh=True)

    async def arrived(self, part: PartRow) -> PartRow:
        """The part as it is when it is no longer on its way."""
        carrier = self._carriers.get(part.id)
        if carrier is not None:
            await asyncio.wait({carrier})
        return self._ledger.part(part.id)

    def relayed(self, path: BlindedPath) -> tuple[str, bytes, bytes] | None:
        """Where what comes over `path` arrives: the node (hex), its path key, its part of the path.

        None if the path neither begins at the provider and has two hops nor begins where it ends.
        """
        if len(path.hops) == 1 and self._find(path.first_node_id.hex()) is not None:
            return path.first_node_id.hex(), path.first_path_key, path.hops[0].encrypted_data
        if path.first_node_id != self._provider.public_key.format() or len(path.hops) != 2:
            return None
        opened = open_hop(self._provider.secret, path.first_path_key, path.hops[0].encrypted_data)
        if not isinstance(opened, OpenedHop) or opened.data.next_node_id is None:
            return None
        return opened.data.next_node_id.hex(), opened.next_path_key, path.hops[1].encrypted_data

    def node(self, node_id: str) -> "Inside | None":
        """The node, if it is registered."""
        return self._find(node_id)

    def announced(self, node_id: str) -> "Inside | None":
        """The node, if payers find it by its id."""
        node = self._find(node_id)
        return node if node is not None and node.record.announced else None

    def _start(self, part: PartRow, *, fresh: bool) -> None:
        carrier = asyncio.create_task(self._carry(part, fresh))
        self._carriers[part.id] = carrier
        carrier.add_done_callback(lambda _: self._carriers.pop(part.id, None))

    async def _carry(self, part: PartRow, fresh: bool) -> None:
        payer, payee = self._find(part.node), self._find(part.payee)
        if payer is None or payee is None or (fresh and not payee.peer.connected):
            self._ledger.fail(part.id, Code.PAY_ROUTE_NOT_FOUND, UNREACHABLE)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, part.due - time.time())):
                await self.release.heard()
        await payer.peer.wait_connected()
        if part.fails is not None:
            self._ledger.fail(part.id, part.fails, REFUSED)
            return
        await payee.peer.wait_connected()
        secret = await self._secret(part, payee)
        invoice = self._ledger.settle(part.id, secret)
        if invoice is None:
            self._ledger.fail(part.id, Code.PAY_DESTINATION_FAILED, REFUSED)
            return
        payer.income.left(part.sent_msat)
        payee.income.arrived(invoice)

    async def _secret(self, part: PartRow, payee: "Inside") -> bytes:
        """What proves to the payee that the payer has its invoice. Reading it takes the payee's signer."""
        invoice = decode_invoice(part.text)
        if not isinstance(invoice, Invoice):
            await payee.hsm.ask(to_exchange(PrivateKey().public_key.format()))
            bill = decode_bolt11(part.text)
            return bill.secret if isinstance(bill, Bolt11) else b""
        for way in invoice.usable_paths:
            relayed = self.relayed(way.path)
            if relayed is not None:
                opened = await read_hop(payee, *relayed[1:])
                return opened.path_id or b"" if opened else b""
        return b""


async def read_hop(node: "Inside", path_key: bytes, encrypted: bytes) -> RecipientData | None:
    """What `node` reads in its part of a path, its signer doing the key exchange; None if it was not made for it."""
    answer = await node.hsm.ask(to_exchange(path_key))
    opened = open_shared(answer.removeprefix(Ask.ECDH.reply), encrypted)
    return opened if isinstance(opened, RecipientData) else None
