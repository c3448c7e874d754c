"""What turned about a name's health becomes news for its owner: an operation, opened once for each turn.

Others measure and write what they found (`dns-health`, `node-health`); this reads what is new there. Its place is only
kept in memory: whoever begins reads all of it, and an operation whose id follows from the turn is opened once.
"""

from datetime import datetime

import structlog

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.client.connection import Bus
from bus.errors import Undecodable
from bus.operations import ledger
from schemas.health import Aspect, AspectName, DnsHealth, NodeHealth
from schemas.ids import Owner, op_of
from schemas.names import Name, NameProblem, parse_name
from schemas.requests import UsernameHealth

STALE_S = 86_400.0
"""What turned longer ago is no news: it was told, or nobody was there to tell it in time."""
AFRESH_S = 3600.0
"""How often everything is read again, should a bucket have been made anew."""

log = structlog.stdlib.get_logger("offer-builder")


class Turns:
    """Reads both buckets and opens what is news."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._dns = Bucket(bus, "dns-health", DnsHealth)
        self._node = Bucket(bus, "node-health", NodeHealth)
        self._read = {"dns": 0, "node": 0}
        self._afresh_at = 0.0
        self._held: Held | None = None

    async def look(self, ours: Held) -> None:
        """Tell what turned since the last round."""
        now = self._bus.clock.now()
        if self._held is not ours or now >= self._afresh_at:
            self._held, self._afresh_at, self._read = ours, now + AFRESH_S, {"dns": 0, "node": 0}
        async for _, dns in self._dns.walk(after=self._read["dns"]):
            await self._tell(dns.value, {"dns": dns.value.dns, "dnssec": dns.value.dnssec}, now)
            self._read["dns"] = dns.revision
        async for _, node in self._node.walk(after=self._read["node"]):
            await self._tell(node.value, {"offer": node.value.offer, "signer": node.value.signer}, now)
            self._read["node"] = node.revision

    async def _tell(self, health: DnsHealth | NodeHealth, aspects: dict[AspectName, Aspect], now: float) -> None:
        name = parse_name(health.name)
        if isinstance(name, NameProblem):
            return
        for which, aspect in aspects.items():
            if aspect.is_news and now - datetime.fromisoformat(aspect.since).timestamp() < STALE_S:
                try:
                    await ledger.open_operation(self._bus, _news(health.owner, name, which, aspect))
                except Undecodable as error:
                    log.error("health.untold", name=name.text, aspect=which, error=str(error))
                    continue
                log.info("health.told", name=name.text, aspect=which, state=aspect.state, since=aspect.since)


def _news(owner: Owner, name: Name, which: AspectName, aspect: Aspect) -> UsernameHealth:
    return UsernameHealth(
        op=op_of(owner, f"\x00username.health/{name.text}/{which}/{aspect.state}/{aspect.since}"),
        owner=owner,
        pubkey="",
        body_sha256="",
        asked_at=aspect.since,
        username=name.user,
        domain=name.domain,
        aspect=which,
        state=aspect.state,
        was=aspect.was or "unknown",
        since=aspect.since,
        reason=aspect.reason,
    )
