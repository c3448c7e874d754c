"""Signed calls to one node. The bytes that are signed are the bytes that are sent: serialized once, here.

Every reply is a claim: callers check what they rely on.
"""

import time
from dataclasses import dataclass, field
from typing import TypeVar

import grpc.aio
from google.protobuf.message import Message

from proto import greenlight_pb2, node_pb2
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.request_auth import sign_call
from services.node_manager.greenlight.attempt import attempt
from services.node_manager.greenlight.channels import BadAddress, Channels, Identity
from services.node_manager.greenlight.errors import CallProblem, Refused, SignerDetached
from services.node_manager.lifecycle.readiness import signer_of
from services.node_manager.lifecycle.signed import Signed
from services.node_manager.methods import (
    DISABLE_OFFER,
    ENABLE_OFFER,
    GETINFO,
    LIST_FUNDS,
    LIST_INVOICES,
    LIST_NODES,
    LIST_OFFERS,
    LIST_PAYS,
    LIST_PEER_CHANNELS,
    LIST_PEERS,
    LIST_SEND_PAYS,
    OFFER,
    STOP,
    STREAM_INCOMING,
    WAIT,
    WAIT_ANY_INVOICE,
    Method,
)

Reply = TypeVar("Reply", bound=Message)

Incoming = grpc.aio.UnaryStreamCall[bytes, greenlight_pb2.IncomingPayment]
"""An open stream of paid invoices."""


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """What a call to a node needs; `repr` shows none of it. A self-hosted node wants no signed calls: no device, no
    rune. `server_name` is what its certificate must be for, if not for the host.
    """

    identity: Identity = field(repr=False)
    device: DeviceKey | None = field(repr=False)
    rune: str = field(repr=False)
    server_name: str | None = None


class Node:
    """One node at its present address. `timeout_s` is the deadline of each call that names no other."""

    def __init__(self, channels: Channels, uri: str, access: NodeAccess, timeout_s: float, signed: Signed) -> None:
        self._channels = channels
        self._uri = uri
        self._access = access
        self._timeout_s = timeout_s
        self._proofs = signed

    async def getinfo(self) -> node_pb2.GetinfoResponse | CallProblem:
        """Who the node says it is, its version and height."""
        return await self._call(GETINFO, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)

    async def list_offers(self) -> node_pb2.ListoffersResponse | CallProblem:
        """Every active offer."""
        return await self._call(LIST_OFFERS, node_pb2.ListoffersRequest(active_only=True), node_pb2.ListoffersResponse)

    async def offer(self, request: node_pb2.OfferRequest) -> node_pb2.OfferResponse | CallProblem:
        """Make an offer. Not idempotent on the node's side once it has a path: look by label first."""
        return await self._call(OFFER, request, node_pb2.OfferResponse)

    async def disable_offer(self, offer_id: bytes) -> node_pb2.DisableofferResponse | CallProblem:
        """Make the offer (32 bytes) answer nobody any more."""
        request = node_pb2.DisableofferRequest(offer_id=offer_id)
        return await self._call(DISABLE_OFFER, request, node_pb2.DisableofferResponse)

    async def enable_offer(self, offer_id: bytes) -> node_pb2.EnableofferResponse | CallProblem:
        """Make the offer (32 bytes), which was disabled, answer again."""
        request = node_pb2.EnableofferRequest(offer_id=offer_id)
        return await self._call(ENABLE_OFFER, request, node_pb2.EnableofferResponse)

    async def every_offer(self) -> node_pb2.ListoffersResponse | CallProblem:
        """Every offer, active or not."""
        return await self._call(LIST_OFFERS, node_pb2.ListoffersRequest(), node_pb2.ListoffersResponse)

    async def list_node(self, node_id: bytes) -> node_pb2.ListnodesResponse | CallProblem:
        """What the node's own gossip holds of the node with that id (33 bytes). Of Greenlight's no rune allows it."""
        return await self._call(LIST_NODES, node_pb2.ListnodesRequest(id=node_id), node_pb2.ListnodesResponse)

    async def list_peers(self) -> node_pb2.ListpeersResponse | CallProblem:
        """Every peer, connected or not; a read that needs no signer."""
        return await self._call(LIST_PEERS, node_pb2.ListpeersRequest(), node_pb2.ListpeersResponse)

    async def list_peer_channels(self) -> node_pb2.ListpeerchannelsResponse | CallProblem:
        """Every channel with what it holds; a database read that needs no signer."""
        request = node_pb2.ListpeerchannelsRequest()
        return await self._call(LIST_PEER_CHANNELS, request, node_pb2.ListpeerchannelsResponse)

    async def list_funds(self) -> node_pb2.ListfundsResponse | CallProblem:
        """Unspent outputs on chain; a database read that needs no signer."""
        return await self._call(LIST_FUNDS, node_pb2.ListfundsRequest(), node_pb2.ListfundsResponse)

    async def list_pays(self, payment_hash: bytes) -> node_pb2.ListpaysResponse | CallProblem:
        """What the node knows of paying that hash (32 bytes); a database read that needs no signer."""
        return await self._call(
            LIST_PAYS, node_pb2.ListpaysRequest(payment_hash=payment_hash), node_pb2.ListpaysResponse
        )

    async def list_send_pays(self, payment_hash: bytes) -> node_pb2.ListsendpaysResponse | CallProblem:
        """Every part of what the node sent for that hash (32 bytes); a read that needs no signer. No preimage goes
        further than here."""
        request = node_pb2.ListsendpaysRequest(payment_hash=payment_hash)
        answer = await self._call(LIST_SEND_PAYS, request, node_pb2.ListsendpaysResponse)
        if isinstance(answer, node_pb2.ListsendpaysResponse):
            for row in answer.payments:
                row.ClearField("payment_preimage")
        return answer

    async def wait_send_pays(self, index: int, within_s: float) -> node_pb2.WaitResponse | CallProblem:
        """Where the count of changes of what the node sends stands, once it has come to `index` (0: now).

        Waited for that long; then it is Unclear `DEADLINE_EXCEEDED`. A read that needs no signer.
        """
        request = node_pb2.WaitRequest(
            subsystem=node_pb2.WaitRequest.SENDPAYS, indexname=node_pb2.WaitRequest.UPDATED, nextvalue=index
        )
        return await self._send(WAIT, request, node_pb2.WaitResponse, within_s)

    async def wait_any_invoice(self, after: int, within_s: int) -> node_pb2.WaitanyinvoiceResponse | CallProblem:
        """The first invoice that was paid after the pay index `after`, waited for that long at most (then code 904).

        A read that needs no signer. The preimage that comes with it goes no further.
        """
        request = node_pb2.WaitanyinvoiceRequest(lastpay_index=after, timeout=within_s)
        deadline_s = self._timeout_s + within_s
        answer = await self._send(WAIT_ANY_INVOICE, request, node_pb2.WaitanyinvoiceResponse, deadline_s)
        if isinstance(answer, node_pb2.WaitanyinvoiceResponse):
            answer.ClearField("payment_preimage")
        return answer

    async def list_invoices(self, request: node_pb2.ListinvoicesRequest) -> node_pb2.ListinvoicesResponse | CallProblem:
        """Invoices that `request` names; a read that needs no signer. No preimage goes further than here."""
        answer = await self._call(LIST_INVOICES, request, node_pb2.ListinvoicesResponse)
        if isinstance(answer, node_pb2.ListinvoicesResponse):
            for row in answer.invoices:
                row.ClearField("payment_preimage")
        return answer

    async def find_offer(self, offer_id: bytes) -> node_pb2.ListoffersResponse | CallProblem:
        """The offer with that id (32 bytes), active or not."""
        return await self._call(LIST_OFFERS, node_pb2.ListoffersRequest(offer_id=offer_id), node_pb2.ListoffersResponse)

    async def stop(self) -> node_pb2.StopResponse | CallProblem:
        """Shut the node down; the connection often drops before the answer."""
        return await self._call(STOP, node_pb2.StopRequest(), node_pb2.StopResponse)

    async def sign(
        self, method: Method, request: Message, reply: type[Reply], timeout_s: float | None = None
    ) -> Reply | SignerDetached | CallProblem:
        """The one way to a method that needs the owner's signer: nothing is sent unless one is seen to be attached.

        It is looked for each time: a signer that signed a second ago may have left since, and the call would freeze
        the node.
        """
        peers = await self.list_peers()
        if not isinstance(peers, node_pb2.ListpeersResponse):
            return peers
        connected = sum(peer.connected for peer in peers.peers)
        if signer_of(known=len(peers.peers), connected=connected, signed_lately=False) != "attached":
            return SignerDetached()
        answer = await self._send(method, request, reply, timeout_s)
        if isinstance(answer, reply):
            self._proofs.note(self._uri)
        else:
            self._proofs.forget(self._uri)
        return answer

    @property
    def signed_lately(self) -> bool:
        """Whether a call that needed a signature was answered within the last seconds."""
        return self._proofs.lately(self._uri)

    def incoming(self) -> Incoming | Refused:
        """The stream of paid invoices, live only: what is paid while it is not open is never told."""
        payload = greenlight_pb2.StreamIncomingFilter().SerializeToString()
        try:
            held = self._channels.hold(self._uri, self._access.identity, server_name=self._access.server_name)
        except BadAddress:
            return Refused("BAD_ADDRESS")
        call: grpc.aio.UnaryStreamMultiCallable[bytes, greenlight_pb2.IncomingPayment] = held.channel.unary_stream(
            STREAM_INCOMING.path,
            request_serializer=None,
            response_deserializer=greenlight_pb2.IncomingPayment.FromString,
        )
        stream = call(payload, metadata=self._signed(payload))
        stream.add_done_callback(lambda _: held.release())
        return stream

    async def _call(self, method: Method, request: Message, reply: type[Reply]) -> Reply | CallProblem:
        if method.signs:
            raise AssertionError(f"{method.name} needs a signer and may only be called by `sign`")
        return await self._send(method, request, reply, None)

    async def _send(
        self, method: Method, request: Message, reply: type[Reply], timeout_s: float | None
    ) -> Reply | CallProblem:
        payload = request.SerializeToString()
        metadata = self._signed(payload)
        try:
            held = self._channels.hold(self._uri, self._access.identity, server_name=self._access.server_name)
        except BadAddress:
            return Refused("BAD_ADDRESS")
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, Reply] = held.channel.unary_unary(
            method.path, request_serializer=None, response_deserializer=reply.FromString
        )
        try:
            return await attempt(call(payload, timeout=timeout_s or self._timeout_s, metadata=metadata))
        finally:
            held.release()

    def _signed(self, payload: bytes) -> tuple[tuple[str, str], ...]:
        if self._access.device is None:
            return ()
        return sign_call(self._access.device, self._access.rune, payload, int(time.time() * 1000))
