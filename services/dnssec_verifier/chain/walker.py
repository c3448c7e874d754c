"""The walker as others use it: what is proven about a name, and which zone it lies in.

A walk that fails is repeated without what was cached, so that a rolled key is never called a broken chain.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.DS import DS

from services.dnssec_verifier.chain.cache import ZoneCache
from services.dnssec_verifier.chain.keys import vouched
from services.dnssec_verifier.chain.policy import Inspection, Policy, inspection
from services.dnssec_verifier.chain.source import Source
from services.dnssec_verifier.chain.verdict import Failure, Indeterminate, Insecure, Stop
from services.dnssec_verifier.chain.walk import Answer, Arrival, Walk
from services.dnssec_verifier.chain.zone import Delegation, Zone

ATTEMPTS = 3
"""Walks for one question: one server of several may be broken, and another may be asked first next time."""

T = TypeVar("T")


class Walker:
    """Walks names from the root, whose servers are `roots`. `clock` gives unix seconds."""

    def __init__(
        self,
        source: Source,
        anchors: Sequence[DS],
        roots: Delegation,
        *,
        policy: Policy | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.policy = policy or Policy()
        self._source, self._anchors, self._roots = source, tuple(anchors), roots
        self._clock = clock
        self._cache = ZoneCache()

    def terms(self) -> Inspection:
        """Terms for one more inspection, now."""
        return inspection(self._clock(), self.policy)

    async def resolve(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Answer | Failure:
        """What is proven about `rdtype` at `name`, aliases followed."""
        return await self._insist(name, lambda walk: walk.resolve(name, rdtype))

    async def zone_of(self, name: dns.name.Name) -> Zone | Failure:
        """The zone that `name` lies in, with its proven keys and every address its parent delegates it to."""
        arrival = await self._insist(name, lambda walk: walk.approach(name, dns.rdatatype.TXT))
        return arrival.zone if isinstance(arrival, Arrival) else arrival

    async def delegation(self, zone: Zone, child: dns.name.Name) -> Delegation | Failure:
        """Who answers for `child`, as the servers of its parent `zone` say now."""
        return await self._insist(child, lambda walk: walk.delegation_of(zone, child))

    async def vouching(self) -> tuple[int, ...] | Failure:
        """The tags of those anchors that name a key the root has now: what our trust rests on, asked afresh."""
        self.forget(dns.name.root)
        zone = await self._insist(dns.name.root, lambda walk: walk.root())
        if not isinstance(zone, Zone):
            return zone
        return tuple(anchor.key_tag for anchor in self._anchors if vouched(zone.ring, [anchor]).keys)

    def forget(self, name: dns.name.Name) -> None:
        """Drop what is cached about the zones `name` lies in."""
        self._cache.forget(name)

    async def _insist(self, name: dns.name.Name, go: Callable[[Walk], Awaitable[T]]) -> T | Failure:
        """What `go` finds; a failure is looked at again, without the cache and beginning with other servers."""
        turn = secrets.randbelow(1 << 16)
        for attempt in range(ATTEMPTS):
            try:
                return await go(self._walk(turn + attempt))
            except Stop as stop:
                failure = stop.verdict
            self.forget(name)
            if isinstance(failure, Insecure) or (isinstance(failure, Indeterminate) and attempt > 0):
                break
        return failure

    def _walk(self, turn: int) -> Walk:
        return Walk(self._source, self._anchors, self._roots, self._cache, self.terms(), turn)
