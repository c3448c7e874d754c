"""Who holds a job."""

from schemas.base import Wire


class Lease(Wire, frozen=True, kw_only=True):
    """Bucket `leases`: who holds a job (`holder` is a random id), until the key's TTL runs out."""

    holder: str
