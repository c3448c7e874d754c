"""What a caller would rather have: `Prefer: wait=N` (RFC 7240) and `Accept` (RFC 9110 §12.5.1)."""

import re

MAX_WAIT_S = 30

_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?')
_QUALITY = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)")


def wait_of(prefer: str) -> int:
    """Seconds to wait (0..30) that `Prefer` asks for; what cannot be understood is ignored, as the RFC says."""
    for preference in prefer.lower().split(","):
        if match := _WAIT.fullmatch(preference.split(";")[0].strip()):
            return min(MAX_WAIT_S, int(match[1]))
    return 0


def prefers(accept: str, media_type: str, default: str) -> bool:
    """Whether `accept` names `media_type` and likes it no less than `default`; wildcards do not name it."""
    named = {kind: quality for kind, quality in (_accepted(part) for part in accept.lower().split(",")) if quality}
    return media_type in named and named[media_type] >= named.get(default, 0)


def _accepted(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        if match := _QUALITY.fullmatch(parameter):
            return kind, float(match[1])
    return kind, 1.0
