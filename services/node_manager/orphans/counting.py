"""How many offers were swept, for whoever looks at the mesh.

Each is counted before it is disabled, once: whoever dies in between leaves it to be swept again, by its own id.
"""

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.records import Sweeps
from schemas.vitals import SWEEPS_BUCKET, SWEEPS_KEY

KEPT = 256
"""How many of the last are told from new ones: far more than are ever under way."""


async def count(bus: Bus, offer_id: bytes) -> None:
    """One more, whoever else counts at the same time, unless it was counted already."""
    bucket, counted = Bucket(bus, SWEEPS_BUCKET, Sweeps), offer_id.hex()
    while True:
        before, revision = await bucket.standing(SWEEPS_KEY)
        so_far = before.value if before else Sweeps()
        if counted in so_far.last:
            return
        after = Sweeps(swept=so_far.swept + 1, last=(*so_far.last, counted)[-KEPT:])
        if await bucket.update(SWEEPS_KEY, after, revision) is not None:
            return
