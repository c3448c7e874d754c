"""How many offers were swept, for whoever looks at the mesh; who dies before it is written leaves one out."""

from msgspec.structs import replace

from bus.connection import Bus
from bus.kv import Bucket
from schemas.records import Sweeps
from schemas.vitals import SWEEPS_BUCKET, SWEEPS_KEY


async def count(bus: Bus) -> None:
    """One more, whoever else counts at the same time."""
    bucket, stored = Bucket(bus, SWEEPS_BUCKET, Sweeps), None
    while stored is None:
        entry = await bucket.get(SWEEPS_KEY)
        before = entry.value if entry else Sweeps()
        after = replace(before, swept=before.swept + 1)
        stored = await (bucket.update(SWEEPS_KEY, after, entry.revision) if entry else bucket.create(SWEEPS_KEY, after))
