"""The seller's own device at the seller's node: makes BOLT 11 invoices and reads the payee's books, past the mesh."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from proto import node_pb2, primitives_pb2
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from services.mesh.device.owner import Owner
from services.sandbox.greenlight import GreenlightAddresses
from tests.contract.greenlight.client import Owned, desk
from tests.harness import Mesh


@dataclass(frozen=True, slots=True)
class Seller:
    """Who is paid. Talks to its node by a way that nobody cuts."""

    owned: Owned
    uri: str

    @property
    def node_id(self) -> str:
        """66 hex characters."""
        return self.owned.keys.node_id.hex()

    async def invoice(self, label: str, msat: int) -> str:
        """A new BOLT 11 invoice."""
        amount = primitives_pb2.AmountOrAny(amount=primitives_pb2.Amount(msat=msat))
        request = node_pb2.InvoiceRequest(label=label, description="tea", amount_msat=amount)
        return (await self.owned.call(self.uri, "Invoice", request, node_pb2.InvoiceResponse)).bolt11

    async def paid(self) -> list[str]:
        """The hash (hex) of every invoice of the node's that was paid, as its books have it."""
        request = node_pb2.ListinvoicesRequest()
        listed = await self.owned.call(self.uri, "ListInvoices", request, node_pb2.ListinvoicesResponse)
        paid = node_pb2.ListinvoicesInvoices.PAID
        return [row.payment_hash.hex() for row in listed.invoices if row.status == paid]


@contextlib.asynccontextmanager
async def seller_at(mesh: Mesh, owner: Owner) -> AsyncIterator[Seller]:
    """`owner`'s device, whose node runs and has its signer."""
    world = mesh.stack.world
    files = (Path(world.ca_file), Path(world.nobody_cert_file), Path(world.nobody_key_file))
    async with desk(GreenlightAddresses(world.scheduler_uri, *files)) as opened:
        secret = secret_from_mnemonic(owner.mnemonic)
        owned = await opened.recover(NodeKeys.from_secret(secret, "regtest"))
        await owned.schedule()
        yield Seller(owned, await _own_way(mesh, owned.keys.node_id.hex()))


async def _own_way(mesh: Mesh, node_id: str) -> str:
    state = await mesh.control("/control/state")
    greenlight = state["greenlight"]
    assert isinstance(greenlight, dict)
    return str(greenlight["nodes"][node_id]["uri"])
