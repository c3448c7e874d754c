"""What Cloudflare's error codes mean for us, as a table; the first code that is known decides.

1004 ("DNS validation error") is left out on purpose: its cause is in its chain; without one another try is worth it.
"""

from collections.abc import Iterable

from services.dns_publisher.provider.answers import Meaning

MEANINGS: dict[int, Meaning] = {
    971: Meaning.LIMITED,
    10429: Meaning.LIMITED,
    81057: Meaning.EXISTS,
    81058: Meaning.EXISTS,
    81044: Meaning.GONE,
    81045: Meaning.QUOTA,
    81053: Meaning.CONFLICT,
    81054: Meaning.CONFLICT,
    9000: Meaning.INVALID,
    9004: Meaning.INVALID,
    9007: Meaning.INVALID,
    9009: Meaning.INVALID,
    9015: Meaning.INVALID,
    9021: Meaning.INVALID,
    9300: Meaning.INVALID,
    9301: Meaning.INVALID,
    83011: Meaning.INVALID,
    9106: Meaning.CREDENTIALS,
    9103: Meaning.CREDENTIALS,
    9109: Meaning.CREDENTIALS,
    6003: Meaning.CREDENTIALS,
    6103: Meaning.CREDENTIALS,
    1009: Meaning.CREDENTIALS,
    10000: Meaning.CREDENTIALS,
    7000: Meaning.ZONE,
    7003: Meaning.ZONE,
}

_QUOTA_TEXT = "quota exceeded"


def meaning_of(status: int, errors: Iterable[tuple[int, str]]) -> Meaning:
    """What an answer with HTTP `status` and these (code, message) pairs means."""
    pairs = tuple(errors)
    if status == 429:
        return Meaning.LIMITED
    for code, message in pairs:
        if code in MEANINGS:
            return MEANINGS[code]
        if _QUOTA_TEXT in message.lower():
            return Meaning.QUOTA
    if status in (401, 403):
        return Meaning.CREDENTIALS
    return Meaning.GONE if status == 404 and not pairs else Meaning.ODD
