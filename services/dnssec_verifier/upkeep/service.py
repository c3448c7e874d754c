"""The rounds of one process, from start to stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bus import tasks
from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from bus.rounds.patrol import patrol
from schemas.health import DnsHealth
from schemas.records import KeptProof, NameRecord, Published
from services.dnssec_verifier.proof.verify import ProofVerifier
from services.dnssec_verifier.propagation.examine import Examiner
from services.dnssec_verifier.upkeep.keep import ProofKeeper
from services.dnssec_verifier.upkeep.rounds import Rounds

LEASE = "dns-health"
ROUND_S = 2.0


@asynccontextmanager
async def making_rounds(bus: Bus, examiner: Examiner, verifier: ProofVerifier) -> AsyncIterator[ProofKeeper]:
    """Live names are looked at, and proofs of them kept, while this is open and this process holds the lease."""
    names, leaving, every_s = Mirror(bus, "names", NameRecord), asyncio.Event(), bus.settings.health_every_s
    published, health = Bucket(bus, "published", Published), Bucket(bus, "dns-health", DnsHealth)
    keeper = ProofKeeper(names, Bucket(bus, "proofs", KeptProof), examiner.walker, verifier, bus.clock.now)
    rounds = Rounds(names, published, health, examiner, keeper, every_s, bus.clock.now)
    await names.start()
    task = asyncio.create_task(patrol(bus, LEASE, min(ROUND_S, every_s), leaving, rounds.look), name="rounds")
    try:
        yield keeper
    finally:
        leaving.set()
        await tasks.end(task)
        await names.stop()
