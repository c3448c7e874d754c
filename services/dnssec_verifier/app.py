"""Putting the service together: everything it needs made here, handed down, and closed here."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from dns.rdtypes.ANY.DS import DS

from bus import tasks
from bus.client.clock import look
from bus.client.connection import Bus
from bus.process import Process
from bus.tables.subjects import RESOLVE, VERIFY_PROOF, ZONE_LOOK
from bus.workers.running import Handlers, run_worker
from schemas.flows import FlowName, WorkerName
from schemas.settings import SettingError, Settings
from schemas.signing import SignedZone, signed_zones
from services.dnssec_verifier.answering import answering, checking, resolving
from services.dnssec_verifier.chain.anchors import AnchorError, load
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.chain.zone import Delegation
from services.dnssec_verifier.checking import check
from services.dnssec_verifier.handlers.prove import Prove
from services.dnssec_verifier.handlers.prove_absence import ProveAbsence
from services.dnssec_verifier.handlers.settle import Settle
from services.dnssec_verifier.handlers.settle_absence import SettleAbsence
from services.dnssec_verifier.proof.verify import ProofVerifier
from services.dnssec_verifier.propagation.examine import Examiner
from services.dnssec_verifier.propagation.survey import Surveyor
from services.dnssec_verifier.resolving import Resolver
from services.dnssec_verifier.transport.network import Network
from services.dnssec_verifier.transport.resolvers import AnyResolver, resolver_of
from services.dnssec_verifier.transport.roots import is_public, roots
from services.dnssec_verifier.trust import check_trust, watch_trust
from services.dnssec_verifier.upkeep.service import making_rounds
from services.dnssec_verifier.zones.answer import ZoneAnswers, zone_looking
from services.dnssec_verifier.zones.begin import Begin
from services.dnssec_verifier.zones.desk import ZoneDesk
from services.dnssec_verifier.zones.look import ZoneLooker
from services.dnssec_verifier.zones.looking import ZoneTools
from services.dnssec_verifier.zones.pass_gate import PASSED, PassGate
from services.dnssec_verifier.zones.switch import HoldZone, ResumeZone

NAME: Final[WorkerName] = "dnssec-verifier"
Clock = Callable[[], float]

RESOLVE_PATIENCE = 3
"""A whole walk may take this many query deadlines before its caller is told that we could not find out."""


async def body(process: Process) -> None:
    """Serve until told to stop."""
    settings = process.settings
    clock = process.clock.now
    network, walker = make_network(settings), make_walker(settings, clock)
    handlers = make_handlers(settings, network, walker, clock)
    examiner = make_examiner(settings, network, walker, clock)
    verifier = make_verifier(settings)
    looker = make_looker(settings, network, walker, clock)
    zones = _signed_zones(settings)
    bus = await process.connect(NAME)
    try:
        await look(bus)  # before the first signature is judged
        trust = await check_trust(walker)
        watching = asyncio.create_task(watch_trust(walker, trust), name="watch-trust")
        try:
            async with making_rounds(bus, examiner, verifier) as keeper:
                resolver = Resolver(walker, RESOLVE_PATIENCE * settings.dns_timeout_s, clock, keeper.find)
                answers = {
                    RESOLVE: resolving(resolver.resolve),
                    VERIFY_PROOF: checking(lambda request: check(verifier, request, clock())),
                    ZONE_LOOK: zone_looking(ZoneAnswers(looker)),
                }
                async with answering(bus, answers):
                    process.ready(roots=len(_roots(settings).addresses), port=settings.dns_port, anchors=trust)
                    zone_handlers = make_zone_handlers(settings, bus, looker, zones)
                    await run_worker(bus, NAME, {**handlers, **zone_handlers}, process.stopping)
        finally:
            await tasks.end(watching)
    finally:
        await bus.close()


def make_network(settings: Settings) -> Network:
    """The transport; private addresses are asked only if the configured root servers are private themselves."""
    private = not all(is_public(address) for address in _roots(settings).addresses)
    return Network(port=settings.dns_port, timeout_s=settings.dns_timeout_s, private=private)


def make_walker(settings: Settings, clock: Clock = time.time) -> Walker:
    """The walker, with anchors that have been checked; raises SettingError if they cannot be used."""
    return Walker(make_network(settings), _anchors(settings), _roots(settings), clock=clock)


def make_verifier(settings: Settings) -> ProofVerifier:
    """The verifier of proofs, by the same anchors; raises SettingError if they cannot be used."""
    return ProofVerifier(_anchors(settings))


def make_examiner(settings: Settings, network: Network, walker: Walker, clock: Clock = time.time) -> Examiner:
    """What looks at published names."""
    surveyor = Surveyor(port=settings.dns_port, timeout_s=settings.dns_timeout_s, asks=settings.dns_asks)
    return Examiner(walker, surveyor, network.may_ask, clock)


def make_handlers(settings: Settings, network: Network, walker: Walker, clock: Clock = time.time) -> Handlers:
    """What this worker does in the flows."""
    examiner = make_examiner(settings, network, walker, clock)
    prove = Prove(examiner, settings.poll_fast_s, settings.settle_margin_s, clock=clock)
    settle = Settle(
        examiner,
        _resolvers(settings),
        settings.dns_resolvers_needed,
        settings.dns_timeout_s,
        settings.dns_asks,
        settings.poll_fast_s,
        clock=clock,
    )
    prove_absence = ProveAbsence(examiner, settings.poll_fast_s, settings.settle_margin_s, clock=clock)
    settle_absence = SettleAbsence(examiner, settings.poll_fast_s, clock=clock)
    return {
        ("username.register", "prove"): prove,
        ("username.register", "settle"): settle,
        ("username.rotate", "prove"): prove,
        ("username.rotate", "settle"): settle,
        ("username.release", "prove"): prove_absence,
        ("username.release", "settle"): settle_absence,
        ("dns.publish", "prove"): prove,
        ("dns.publish", "settle"): settle,
        ("dns.withdraw", "prove"): prove_absence,
        ("dns.withdraw", "settle"): settle_absence,
        ("username.pause", "prove"): prove_absence,
        ("username.pause", "settle"): settle_absence,
    }


def make_looker(settings: Settings, network: Network, walker: Walker, clock: Clock = time.time) -> ZoneLooker:
    """How zones are looked at whose signing changes."""
    return ZoneLooker(walker, settings.dns_port, settings.dns_timeout_s, network.may_ask, clock)


def make_zone_handlers(settings: Settings, bus: Bus, looker: ZoneLooker, zones: Mapping[str, SignedZone]) -> Handlers:
    """What this worker does in the flows of `zones`."""
    tools = ZoneTools(ZoneDesk(bus), looker, settings.poll_fast_s, settings.settle_margin_s, looker.clock)
    begin, hold, resume = Begin(tools, zones), HoldZone(tools), ResumeZone(tools)
    flows: tuple[FlowName, ...] = ("zone.sign", "zone.unsign", "zone.roll")
    return {
        **{gate: PassGate(tools) for gate in PASSED},
        **{(flow, "begin"): begin for flow in flows},
        ("zone.hold", "hold"): hold,
        ("zone.resume", "resume"): resume,
    }


def _signed_zones(settings: Settings) -> dict[str, SignedZone]:
    try:
        return signed_zones(settings.signing_zones)
    except ValueError as error:
        raise SettingError("MESH_SIGNING_ZONES", str(error)) from error


def _anchors(settings: Settings) -> tuple[DS, ...]:
    try:
        return load(settings.dns_anchors_file)
    except AnchorError as error:
        raise SettingError("MESH_DNS_ANCHORS_FILE", str(error)) from error


def _resolvers(settings: Settings) -> tuple[AnyResolver, ...]:
    try:
        return tuple(resolver_of(text, settings.dns_doh_ca) for text in settings.dns_resolvers)
    except ValueError as error:
        raise SettingError("MESH_DNS_RESOLVERS", "not a list of addresses, tcp:// or https:// resolvers") from error


def _roots(settings: Settings) -> Delegation:
    try:
        return roots(settings.dns_root_servers)
    except ValueError as error:
        raise SettingError("MESH_DNS_ROOT_SERVERS", "not a list of IP addresses") from error
