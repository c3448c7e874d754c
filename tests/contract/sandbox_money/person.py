"""Somebody with a node in the sandbox: its calls by name, and what they say in plain words."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc.aio
import pytest

from proto import node_pb2, primitives_pb2
from schemas.bolt12 import Invoice, decode_invoice
from services.sandbox.greenlight import GreenlightWorld
from tests.contract.greenlight.client import Owned, until
from tests.contract.greenlight.state import node_of, state_of

_CODE = re.compile(r"RpcError \{ code: Some\((-?\d+)\)")


def msat(amount: int) -> primitives_pb2.Amount:
    """As an Amount."""
    return primitives_pb2.Amount(msat=amount)


@dataclass
class Person:
    """A node's owner, its running node at `uri`."""

    world: GreenlightWorld
    owned: Owned
    uri: str

    @property
    def node_id(self) -> str:
        """66 hex characters."""
        return self.owned.keys.node_id.hex()

    @contextlib.asynccontextmanager
    async def signing(self) -> AsyncIterator[None]:
        """While the block runs, a signer is attached and the peer connected."""
        async with self.owned.signer(self.uri):
            await until(lambda: bool(node_of(self.world, self.owned.keys)["peerConnected"]))
            yield

    async def alone(self) -> None:
        """Return when the node has noticed that its signers left."""
        await until(lambda: node_of(self.world, self.owned.keys)["signers"] == 0)

    def fund(self, amount: int) -> None:
        """Money from outside."""
        self.world.receive({"nodeId": self.node_id, "amountMsat": amount})

    def fault(self, kind: str, **more: object) -> None:
        """Arm a fault for this node's next payment."""
        self.world.set_money_fault({"kind": kind, "nodeId": self.node_id, **more})

    async def offer(self, amount: str = "any", **fields: object) -> str:
        """A new offer."""
        request = node_pb2.OfferRequest(amount=amount, description="tea", **fields)  # type: ignore[arg-type]  # test shorthand
        return (await self.owned.call(self.uri, "Offer", request, node_pb2.OfferResponse)).bolt12

    async def fetch(self, offer: str, amount: int | None = None, **fields: object) -> str:
        """An invoice of an offer."""
        request = node_pb2.FetchinvoiceRequest(
            offer=offer,
            amount_msat=None if amount is None else msat(amount),
            **fields,  # type: ignore[arg-type]  # test shorthand
        )
        return (await self.owned.call(self.uri, "FetchInvoice", request, node_pb2.FetchinvoiceResponse)).invoice

    async def invoice(self, label: str, amount: int | None = None, **fields: object) -> node_pb2.InvoiceResponse:
        """A BOLT 11 invoice."""
        value = (
            primitives_pb2.AmountOrAny(any=True) if amount is None else primitives_pb2.AmountOrAny(amount=msat(amount))
        )
        request = node_pb2.InvoiceRequest(label=label, description="tea", amount_msat=value, **fields)  # type: ignore[arg-type]  # test shorthand
        return await self.owned.call(self.uri, "Invoice", request, node_pb2.InvoiceResponse)

    async def pay(self, text: str, amount: int | None = None, **fields: object) -> node_pb2.PayResponse:
        """Pay an invoice."""
        request = node_pb2.PayRequest(
            bolt11=text,
            amount_msat=None if amount is None else msat(amount),
            **fields,  # type: ignore[arg-type]  # test shorthand
        )
        return await self.owned.call(self.uri, "Pay", request, node_pb2.PayResponse)

    async def xpay(self, text: str, **fields: object) -> node_pb2.XpayResponse:
        """Pay an invoice, the other way."""
        request = node_pb2.XpayRequest(invstring=text, **fields)  # type: ignore[arg-type]  # test shorthand
        return await self.owned.call(self.uri, "Xpay", request, node_pb2.XpayResponse)

    async def pays(self, **fields: object) -> list[node_pb2.ListpaysPays]:
        """What the node says it paid."""
        request = node_pb2.ListpaysRequest(**fields)  # type: ignore[arg-type]  # test shorthand
        return list((await self.owned.call(self.uri, "ListPays", request, node_pb2.ListpaysResponse)).pays)

    async def invoices(self, **fields: object) -> list[node_pb2.ListinvoicesInvoices]:
        """What the node says it was promised."""
        request = node_pb2.ListinvoicesRequest(**fields)  # type: ignore[arg-type]  # test shorthand
        return list((await self.owned.call(self.uri, "ListInvoices", request, node_pb2.ListinvoicesResponse)).invoices)

    async def channel(self) -> node_pb2.ListpeerchannelsChannels:
        """The node's one channel."""
        request = node_pb2.ListpeerchannelsRequest()
        return (
            await self.owned.call(self.uri, "ListPeerChannels", request, node_pb2.ListpeerchannelsResponse)
        ).channels[0]

    async def wait_invoice(self, after: int, timeout: int = 50) -> node_pb2.WaitanyinvoiceResponse:
        """The next invoice that is paid."""
        request = node_pb2.WaitanyinvoiceRequest(lastpay_index=after, timeout=timeout)
        return await self.owned.call(self.uri, "WaitAnyInvoice", request, node_pb2.WaitanyinvoiceResponse)


def bolt12(text: str) -> Invoice:
    """The invoice, which must be a valid one."""
    invoice = decode_invoice(text)
    assert isinstance(invoice, Invoice), invoice
    return invoice


def code_of(caught: pytest.ExceptionInfo[grpc.aio.AioRpcError]) -> int:
    """Core Lightning's code in a failed call's text."""
    assert caught.value.code() is grpc.StatusCode.UNKNOWN, caught.value
    match = _CODE.search(caught.value.details() or "")
    assert match, caught.value.details()
    return int(match[1])


def adds_up(world: GreenlightWorld) -> dict[str, int]:
    """The world's money, which must add up: funded, held, moving, earned."""
    money = state_of(world)["money"]
    assert money["broken"] == []
    return {name: int(money[f"{name}Msat"]) for name in ("funded", "held", "moving", "earned")}
