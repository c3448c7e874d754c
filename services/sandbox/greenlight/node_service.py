"""A node's two gRPC services. Calls to `cln.Node` are taken as raw bytes, because those bytes are what was signed."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from proto import greenlight_pb2, node_pb2
from proto.greenlight_pb2_grpc import NodeServicer
from schemas.greenlight.request_auth import frame
from services.sandbox.greenlight import about, offers
from services.sandbox.greenlight.admission import Refusal
from services.sandbox.greenlight.errors import AnswerLost, ClnError, NodeStopped
from services.sandbox.greenlight.faults import never_answer
from services.sandbox.greenlight.inside import Inside
from services.sandbox.greenlight.money import asking, decoding, invoices, listing, paying, waiting
from services.sandbox.greenlight.strict import Authorised, authorise

SERVICE: Final = "cln.Node"
_NEVER_FROZEN: Final = "Stop"
"""The way out of a node that waits for a signature that nobody makes."""

Asked = TypeVar("Asked", bound=Message)
Answered = TypeVar("Answered", bound=Message)
RawContext = grpc.aio.ServicerContext[bytes, bytes]
Raw = Callable[[bytes, RawContext], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC of `cln.Node`: parse, handle, serialize."""

    run: Callable[[Inside, bytes], Awaitable[bytes]]


def _method(request: type[Asked], handle: Callable[[Inside, Asked], Awaitable[Answered]]) -> Method:
    async def run(node: Inside, payload: bytes) -> bytes:
        return (await handle(node, request.FromString(payload))).SerializeToString()

    return Method(run)


def _signing(request: type[Asked], handle: Callable[[Inside, Asked], Coroutine[Any, Any, Answered]]) -> Method:
    """One whose work, once begun, goes on though its caller leaves: it needs the node's signer."""

    async def run(node: Inside, payload: bytes) -> bytes:
        return (await node.through(handle(node, request.FromString(payload)))).SerializeToString()

    return Method(run)


METHODS: Final[Mapping[str, Method]] = {
    "Getinfo": _method(node_pb2.GetinfoRequest, about.getinfo),
    "ListNodes": _method(node_pb2.ListnodesRequest, about.list_nodes),
    "ListPeers": _method(node_pb2.ListpeersRequest, about.list_peers),
    "ListPeerChannels": _method(node_pb2.ListpeerchannelsRequest, about.list_peer_channels),
    "ListFunds": _method(node_pb2.ListfundsRequest, about.list_funds),
    "Stop": _method(node_pb2.StopRequest, about.stop),
    "Offer": _method(node_pb2.OfferRequest, offers.offer),
    "ListOffers": _method(node_pb2.ListoffersRequest, offers.list_offers),
    "DisableOffer": _method(node_pb2.DisableofferRequest, offers.disable_offer),
    "EnableOffer": _method(node_pb2.EnableofferRequest, offers.enable_offer),
    "FetchInvoice": _signing(node_pb2.FetchinvoiceRequest, asking.fetch_invoice),
    "Pay": _signing(node_pb2.PayRequest, paying.pay),
    "Xpay": _signing(node_pb2.XpayRequest, paying.xpay),
    "ListPays": _method(node_pb2.ListpaysRequest, listing.list_pays),
    "ListSendPays": _method(node_pb2.ListsendpaysRequest, listing.list_send_pays),
    "Invoice": _signing(node_pb2.InvoiceRequest, invoices.invoice),
    "ListInvoices": _method(node_pb2.ListinvoicesRequest, listing.list_invoices),
    "WaitAnyInvoice": _method(node_pb2.WaitanyinvoiceRequest, waiting.wait_any_invoice),
    "Wait": _method(node_pb2.WaitRequest, waiting.wait),
    "Decode": _method(node_pb2.DecodeRequest, decoding.decode),
}


def cln_handlers(node: Inside, called: Callable[[], None]) -> grpc.GenericRpcHandler:
    """The handlers of `cln.Node` for one node; `called` is told of every call that was let in."""
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        name: grpc.unary_unary_rpc_method_handler(_guarded(name, method, node, called))
        for name, method in METHODS.items()
    }
    return grpc.method_handlers_generic_handler(SERVICE, handlers)


def _guarded(name: str, method: Method, node: Inside, called: Callable[[], None]) -> Raw:
    async def handle(payload: bytes, context: RawContext) -> bytes:
        node.around.calls[name] += 1
        await node.around.faults.stalled(name)
        if node.frozen and name != _NEVER_FROZEN:
            await never_answer()
        permit = authorise(name, payload, _metadata(context), _devices(node), time.time())
        if isinstance(permit, Refusal):
            node.refused[permit.code.name] += 1
            await context.abort(permit.code, permit.text)
        called()
        if name != _NEVER_FROZEN:
            await node.hsm.awake()
        answer = await _run(name, method, node, payload, permit, context)
        await node.around.faults.after(name, context)
        return answer

    return handle


async def _run(
    name: str, method: Method, node: Inside, payload: bytes, permit: Authorised, context: RawContext
) -> bytes:
    with node.hsm.justified_by(_pending(name, payload, permit)):
        try:
            return await method.run(node, payload)
        except ClnError as error:
            await context.abort(grpc.StatusCode.UNKNOWN, error.details(name))
        except (NodeStopped, AnswerLost):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset")
        except DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request cannot be parsed")


def _pending(name: str, payload: bytes, permit: Authorised) -> greenlight_pb2.PendingRequest:
    return greenlight_pb2.PendingRequest(
        request=frame(payload),
        uri=f"/{SERVICE}/{name}",
        signature=permit.call.signature,
        pubkey=permit.call.pubkey,
        timestamp=permit.call.timestamp_ms,
        rune=permit.rune.authcode + "&".join(permit.rune.restrictions).encode(),
    )


def _devices(node: Inside) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(device.pubkey) for device in node.record.devices)


def _metadata(context: RawContext) -> dict[str, str]:
    found = context.invocation_metadata() or ()
    return {key: value for key, value in found if isinstance(value, str)}


class SignerService(NodeServicer):
    """`greenlight.Node`: where signers attach and payments are told. Which node it is, the certificate says."""

    def __init__(self, node: Inside) -> None:
        self._node = node

    async def StreamHsmRequests(
        self,
        _request: greenlight_pb2.Empty,
        _context: grpc.aio.ServicerContext[greenlight_pb2.Empty, greenlight_pb2.HsmRequest],
    ) -> AsyncIterator[greenlight_pb2.HsmRequest]:
        """Attach a signer until it leaves."""
        async for item in self._node.hsm.attach():
            yield item

    async def StreamIncoming(
        self,
        _request: greenlight_pb2.StreamIncomingFilter,
        context: grpc.aio.ServicerContext[greenlight_pb2.StreamIncomingFilter, greenlight_pb2.IncomingPayment],
    ) -> AsyncIterator[greenlight_pb2.IncomingPayment]:
        """Every payment that arrives while the stream is open; nothing is replayed."""
        async for payment in self._node.income.told(context):
            yield payment

    async def RespondHsmRequest(
        self,
        request: greenlight_pb2.HsmResponse,
        _context: grpc.aio.ServicerContext[greenlight_pb2.HsmResponse, greenlight_pb2.Empty],
    ) -> greenlight_pb2.Empty:
        """Take a signer's answer."""
        self._node.hsm.respond(request)
        return greenlight_pb2.Empty()
