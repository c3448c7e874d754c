"""Both judges over the same sites: unbound with a trust anchor of the sites' root, and our walker with the same."""

import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation
from services.dnssec_verifier.transport.network import Network
from tests.contract.dnssec_differential.serving import serving
from tests.contract.dnssec_differential.unbound import Unbound, running_unbound
from tests.contract.dnssec_differential.zones import ADDRESSES, ROOT_AT, Site, world_of
from tests.unit.dnssec.signed_world import NOW, SignedZone


@asynccontextmanager
async def judges(folder: Path, found: list[Site]) -> AsyncIterator[tuple[SignedZone, Unbound, int]]:
    """The sites' root, unbound, and the port of every authoritative server, while all of it runs."""
    root, world = world_of(found)
    stubs = [(zone.name, address) for address, zones in world.zones.items() for zone in zones.values()]
    date = datetime.datetime.fromtimestamp(NOW, datetime.UTC).strftime("%Y%m%d%H%M%S")
    async with (
        serving(world, ADDRESSES) as port,
        running_unbound(folder, root.ds().to_text(), date, stubs, port) as unbound,
    ):
        yield root, unbound, port


def walker_of(root: SignedZone, port: int) -> Walker:
    """A fresh walker that trusts `root`."""
    network = Network(port=port, timeout_s=10, private=True, hesitation_s=10)
    return Walker(network, [root.ds()], Delegation((), (ROOT_AT,)), clock=lambda: NOW)
