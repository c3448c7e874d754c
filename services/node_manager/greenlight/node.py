"""Signed calls to one node. The bytes that are signed are the bytes that are sent: serialized once, here.

Every reply is a claim: callers check what they rely on.
"""

import time
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import grpc.aio
from google.protobuf.message import Message

from proto import node_pb2
from schemas.greenlight.device import DeviceKey
from schemas.greenlight.request_auth import sign_call
from services.node_manager.greenlight.attempt import attempt
from services.node_manager.greenlight.channels import BadAddress, Channels, Identity
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.methods import DISABLE_OFFER, GETINFO, LIST_OFFERS, OFFER, Method

Reply = TypeVar("Reply", bound=Message)


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """What a call to a node needs; `repr` shows none of it."""

    identity: Identity = field(repr=False)
    device: DeviceKey = field(repr=False)
    rune: str = field(repr=False)


class Node:
    """One node at its present address. `timeout_s` is the deadline of each call."""

    def __init__(self, channels: Channels, uri: str, access: NodeAccess, timeout_s: float) -> None:
        self._channels = channels
        self._uri = uri
        self._access = access
        self._timeout_s = timeout_s

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

    async def _call(self, method: Method, request: Message, reply: type[Reply]) -> Reply | CallProblem:
        payload = request.SerializeToString()
        metadata = sign_call(self._access.device, self._access.rune, payload, int(time.time() * 1000))
        try:
            channel = self._channels.get(self._uri, self._access.identity, server_name=_server_name(self._uri))
        except BadAddress:
            return Refused("BAD_ADDRESS")
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, Reply] = channel.unary_unary(
            method.path, request_serializer=None, response_deserializer=reply.FromString
        )
        return await attempt(call(payload, timeout=self._timeout_s, metadata=metadata))


def _server_name(uri: str) -> str | None:
    """Node certificates are for `localhost`, except behind Greenlight's own node domain."""
    return None if (urlsplit(uri).hostname or "").startswith("gl") else "localhost"
