"""What every handler of this service works with."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.greenlight.device import DeviceKey
from schemas.ids import OpId, Owner
from schemas.records import BalanceRecord, Purse, Receipts, Watch
from schemas.requests import Network
from schemas.settings import Settings
from services.node_manager.doors.holder import DoorHolder
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.errors import CallProblem
from services.node_manager.greenlight.node import Node, NodeAccess
from services.node_manager.greenlight.scheduler import Booting, Running, Scheduler
from services.node_manager.keep.book import NodeBook
from services.node_manager.keep.credentials import Credentials
from services.node_manager.lifecycle.signed import Signed
from services.node_manager.seeds.holder import SeedHolder

CLN_NAME = "cln"
"""What the certificate that cln-grpc makes for itself is for, wherever it runs."""

Pair = Callable[[Owner, OpId], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's tools. `clock` gives unix seconds; `touch` is told of a node that is being used; `pair` asks for a
    pairing, for as long as this process lives."""

    bus: Bus = field(repr=False)
    settings: Settings = field(repr=False)
    book: NodeBook
    holder: SeedHolder
    doorway: DoorHolder
    channels: Channels
    scheduler: Scheduler
    balances: Bucket[BalanceRecord]
    watches: Bucket[Watch]
    purses: Bucket[Purse]
    receipts: Bucket[Receipts]
    touch: Callable[[Owner, str], Awaitable[None]] = field(repr=False)
    pair: Pair = field(repr=False)
    signed: Signed = field(default_factory=Signed, repr=False)
    clock: Callable[[], float] = time.time

    async def look(self, node_id: str, credentials: Credentials) -> Running | Booting | CallProblem:
        """Where the node (66 hex) answers, without starting it; a self-hosted one is where it always is."""
        if credentials.is_self_hosted:
            return Running(credentials.uri)
        return await self.scheduler.look(bytes.fromhex(node_id), identity_of(credentials))

    def node(self, uri: str, credentials: Credentials) -> Node:
        """The node at `uri`, spoken to with `credentials`."""
        identity = identity_of(credentials)
        if credentials.is_self_hosted:
            access = NodeAccess(identity, None, "", CLN_NAME)
        else:
            device = DeviceKey.from_pem(credentials.key.encode())
            access = NodeAccess(identity, device, credentials.rune, _greenlight_name(uri))
        return Node(self.channels, uri, access, self.settings.node_call_timeout_s, self.signed)


def identity_of(credentials: Credentials) -> Identity:
    """Who the scheduler and the node take us for with `credentials`."""
    return Identity(credentials.certificate.encode(), credentials.key.encode(), credentials.ca.encode())


def _greenlight_name(uri: str) -> str | None:
    """Node certificates are for `localhost`, except behind Greenlight's own node domain."""
    return None if (urlsplit(uri).hostname or "").startswith("gl") else "localhost"


def network_of(settings: Settings) -> Network:
    """The network this process runs on, which the settings' own pattern has checked."""
    network: Network = msgspec.convert(settings.network, Network)
    return network
