"""Whether a record may stand: it has to be gone from every cache before its offer expires (BIP 353)."""


def outlives_its_offer(expires_at: int | None, ttl_s: int, margin_s: float, now: float) -> bool:
    """Whether a record with `ttl_s` that stands at `now` may be in a cache when its offer expires (None: never)."""
    return expires_at is not None and now + ttl_s + margin_s >= expires_at
