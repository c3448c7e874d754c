"""What every handler of this service works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from bus.connection import Bus
from bus.kv import Bucket
from schemas.greenlight.device import DeviceKey
from schemas.ids import Owner
from schemas.records import BalanceRecord
from schemas.requests import Network
from schemas.settings import Settings
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.node import Node, NodeAccess
from services.node_manager.greenlight.scheduler import Scheduler
from services.node_manager.keep.book import NodeBook
from services.node_manager.keep.credentials import Credentials
from services.node_manager.lifecycle.signed import Signed
from services.node_manager.seeds.holder import SeedHolder


@dataclass(frozen=True, slots=True)
class Desk:
    """One process's tools. `clock` gives unix seconds; `touch` is told of a node that was just seen running."""

    bus: Bus = field(repr=False)
    settings: Settings = field(repr=False)
    book: NodeBook
    holder: SeedHolder
    channels: Channels
    scheduler: Scheduler
    balances: Bucket[BalanceRecord]
    touch: Callable[[Owner, str], None] = field(repr=False)
    signed: Signed = field(default_factory=Signed, repr=False)
    clock: Callable[[], float] = time.time

    def node(self, uri: str, credentials: Credentials) -> Node:
        """The node at `uri`, spoken to with `credentials`."""
        device = DeviceKey.from_pem(credentials.key.encode())
        access = NodeAccess(identity_of(credentials), device, credentials.rune)
        return Node(self.channels, uri, access, self.settings.node_call_timeout_s, self.signed)


def identity_of(credentials: Credentials) -> Identity:
    """Who the scheduler and the node take us for with `credentials`."""
    return Identity(credentials.certificate.encode(), credentials.key.encode())


def network_of(settings: Settings) -> Network:
    """The network this process runs on, which the settings' own pattern has checked."""
    network: Network = msgspec.convert(settings.network, Network)
    return network
