"""`Prefer: wait=N` (RFC 7240): how long a caller would rather wait for an outcome than ask again."""

import re

MAX_WAIT_S = 30

_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?')


def wait_of(prefer: str) -> int:
    """Seconds to wait (0..30) that `Prefer` asks for; what cannot be understood is ignored, as the RFC says."""
    for preference in prefer.lower().split(","):
        if match := _WAIT.fullmatch(preference.split(";")[0].strip()):
            return min(MAX_WAIT_S, int(match[1]))
    return 0
