"""Signers and parents as the settings name them, made here and closed here."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.workers.running import Handlers
from schemas.facts import DsRestored, DsSubmitted, DsWithdrawn
from schemas.records import DnsLimit
from schemas.settings import SettingError, Settings
from schemas.signing import SignedZone, signed_zones
from schemas.zones import ParentKind, SignerKind
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.provider.limits import Limits
from services.dns_publisher.rfc2136.key_file import read_tsig_key
from services.dns_publisher.rfc2136.server import Server
from services.dns_publisher.signing.cloudflare import CloudflareSigner
from services.dns_publisher.signing.parents import ManualParent, Parent, PollingParent
from services.dns_publisher.signing.rdap import Rdap
from services.dns_publisher.signing.signers import SelfSigner, Signer
from services.dns_publisher.signing.steps import ChangeDs, Prepare, StartSigning, StopSigning
from services.dns_publisher.signing.tools import SigningTools
from services.dns_publisher.signing.update_parent import UpdateParent

SETTING = "MESH_SIGNING_ZONES"


@asynccontextmanager
async def signing(settings: Settings, bus: Bus, clock: Callable[[], float]) -> AsyncIterator[SigningTools]:
    """The tools for as long as the block runs; raises SettingError."""
    try:
        zones = signed_zones(settings.signing_zones)
    except ValueError as error:
        raise SettingError(SETTING, str(error)) from None
    parents = dict(entry for zone in zones.values() for entry in _parents(zone, settings))
    async with AsyncExitStack() as stack:
        signers: dict[SignerKind, Signer] = {"self": SelfSigner()}
        if any(zone.signer == "cloudflare" for zone in zones.values()):
            limits = Limits(Bucket(bus, "dns-limits", DnsLimit), bus.clock.now)
            signers["cloudflare"] = CloudflareSigner(await stack.enter_async_context(connected(settings, limits)))
        yield SigningTools(bus, signers, parents, Rdap(settings.rdap_bootstrap_url), clock)


def make_signing_handlers(tools: SigningTools) -> Handlers:
    """What this worker does in the flows of zones."""
    return {
        ("zone.sign", "sign"): StartSigning(tools),
        ("zone.sign", "prepare"): Prepare(tools),
        ("zone.sign", "submit"): ChangeDs(tools, DsSubmitted, DsWithdrawn),
        ("zone.unsign", "withdraw"): ChangeDs(tools, DsWithdrawn, DsRestored),
        ("zone.unsign", "stop"): StopSigning(tools),
        ("zone.roll", "submit"): ChangeDs(tools, DsSubmitted, DsRestored),
    }


def _parents(zone: SignedZone, settings: Settings) -> list[tuple[tuple[str, ParentKind], Parent]]:
    """An operator may always ask for a parent that we do not write to."""
    found: list[tuple[tuple[str, ParentKind], Parent]] = [
        ((zone.zone, "manual"), ManualParent()),
        ((zone.zone, "cds"), PollingParent()),
    ]
    if (update := zone.update) is not None:
        key = read_tsig_key(update.key_file, SETTING)
        server = Server(update.address, update.port, key, settings.dns_update_timeout_s)
        found.append(((zone.zone, "rfc2136"), UpdateParent(server, update.zone, update.ttl_s)))
    return found
