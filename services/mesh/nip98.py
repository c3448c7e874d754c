"""`mesh nip98 METHOD URL [--body TEXT]`: one signed header for `curl`. The key comes from a file, never an argument."""

import os
import secrets
import sys
import time
from pathlib import Path

from schemas.nip98 import sign


def header(method: str, url: str, body: str) -> int:
    """Print `Authorization: …`, signed with the 64 hex characters in the file that $NOSTR_KEY_FILE names."""
    file = os.environ.get("NOSTR_KEY_FILE", "")
    if not file:
        print("mesh: NOSTR_KEY_FILE must name a file with the secret key in hex", file=sys.stderr)
        return 2
    try:
        key = bytes.fromhex(Path(file).read_text().strip())
        value = sign(
            key, url=url, method=method, body=body.encode(), created_at=int(time.time()), nonce=secrets.token_hex(8)
        )
    except (OSError, ValueError):
        print(f"mesh: {file} does not hold 64 hex characters of a secret key", file=sys.stderr)
        return 2
    print(f"Authorization: {value}")
    return 0
