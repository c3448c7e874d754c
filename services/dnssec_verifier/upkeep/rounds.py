"""The rounds: which names are live, whose turn it is, and what was found, written to `dns-health`.

A crash between look and write costs one look. Two processes that believe they hold the lease write the same kind of
thing; compare-and-set makes the slower one lose, and its next turn comes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bus.buckets.kv import Bucket
from bus.buckets.leases import Held
from bus.buckets.mirror import Mirror
from bus.rounds.looking import look_at_each
from bus.rounds.rota import Rota
from schemas.health import DnsHealth, heard
from schemas.records import NameRecord, Published
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.propagation.examine import Examiner
from services.dnssec_verifier.propagation.look import Desired
from services.dnssec_verifier.upkeep.judge import readings

AT_ONCE = 8
MOST = 40
"""Looks begun in one round: with a round a second or two, what our names cost the servers of their zones is bounded."""
SOON_S = 30.0
"""When to look again at what was seen in another state, once."""

log = structlog.stdlib.get_logger("dnssec-verifier")


class Keeper(Protocol):
    """What keeps something of live names at hand."""

    async def renew(self, key: str, record: NameRecord) -> float:
        """See that it is there for `record`, which stands under `key`; in how many seconds to look again."""
        ...

    async def forget(self, key: str) -> None:
        """The name is not live any more."""
        ...


@dataclass(slots=True)
class Rounds:
    """Looks at live names of `names` with `examiner`; `clock` gives unix seconds."""

    names: Mirror[NameRecord]
    published: Bucket[Published]
    health: Bucket[DnsHealth]
    examiner: Examiner
    keeper: Keeper
    every_s: float
    clock: Callable[[], float]
    _rota: Rota = field(init=False)
    _written: set[str] = field(init=False, default_factory=set)
    _held: Held | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rota = Rota(self.every_s)

    async def look(self, ours: Held) -> None:
        """One round."""
        if self.names.suspect:
            return  # who cannot be sure what is live looks at nothing
        live = {key: entry for key, entry in self.names.items().items() if entry.value.state == "active"}
        if self._held is not ours:
            self._held, self._rota = ours, Rota(self.every_s)
            self._written = {key async for key, _ in self.health.walk()}
        for gone in self._written - live.keys():
            await self._forget(gone)
        # While a name is being changed it is not known what DNS should say: what was known of it stands.
        steady = {key: entry.revision for key, entry in live.items() if entry.value.changing is None}
        self._rota.heed(steady, self.clock())

        async def one(key: str) -> None:
            await self._look(key, live[key].value)

        await look_at_each(self._rota.due(self.clock(), MOST), one, ours, AT_ONCE, "dns-health")

    async def _look(self, key: str, record: NameRecord) -> None:
        self._written.add(key)
        self._rota.looked(key, self.clock())  # whatever comes of it: what fails has its next turn
        again_s = min(await self._examine(key, record), await self.keeper.renew(key, record))
        self._rota.looked(key, self.clock(), again_s)

    async def _examine(self, key: str, record: NameRecord) -> float:
        """Look at the name and write what was found; in how many seconds to look again."""
        published = await self.published.get(key)
        if published is None or record.uri is None:
            return self.every_s
        wanted = Desired(absolute(published.value.owner_name), record.uri.encode("ascii"), published.value.ttl_s)
        dns, dnssec = readings(await self.examiner.examine(wanted))
        before, revision = await self.health.standing(key)
        now, known = self.clock(), before.value if before else None
        health = DnsHealth(
            name=record.name,
            owner=record.owner,
            dns=heard(known.dns if known else None, dns, now),
            dnssec=heard(known.dnssec if known else None, dnssec, now),
            looked_at=now,
        )
        if await self.health.update(key, health, revision) is None:
            return SOON_S
        if known is None or (known.dns.since, known.dnssec.since) != (health.dns.since, health.dnssec.since):
            log.info("health.turned", name=record.name, dns=health.dns.reason, dnssec=health.dnssec.reason)
        return SOON_S if health.dns.seen or health.dnssec.seen else self.every_s

    async def _forget(self, key: str) -> None:
        entry = await self.health.get(key)
        if entry is not None:
            await self.health.delete(key, entry.revision)
        await self.keeper.forget(key)
        self._written.discard(key)
