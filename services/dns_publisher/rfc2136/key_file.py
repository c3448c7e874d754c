"""The TSIG key in a file, as `tsig-keygen` (BIND) or `keymgr -t` (Knot) writes it, or as `algorithm:name:secret`.

What is wrong with it is said without a byte of it.
"""

import base64
import binascii
import re
from pathlib import Path

import dns.exception
import dns.name
import dns.tsig

from schemas.settings import SettingError

ALGORITHMS = frozenset({"hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"})
"""What is still safe to use; MD5 and SHA-1 are not (RFC 8945 §6)."""

_BIND = re.compile(
    r'\bkey\s+"?(?P<name>[^\s"{};]+)"?\s*\{(?=[^}]*\balgorithm\s+"?(?P<algorithm>[^\s";]+)"?\s*;)'
    r'(?=[^}]*\bsecret\s+"?(?P<secret>[^\s";]+)"?\s*;)[^}]*\}'
)
_COLONS = re.compile(r"^(?:#\s*)?(?P<algorithm>hmac-[a-z0-9-]+):(?P<name>[^\s:]+):(?P<secret>\S+)\s*$", re.MULTILINE)


def read_tsig_key(path: str, setting: str) -> dns.tsig.Key:
    """The first key in the file at `path`; raises SettingError, which names `setting` and never quotes the file."""
    if not path:
        raise SettingError(setting, "an rfc2136:// publisher must name a key file (?key=…)")
    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(setting, f"a key file cannot be read ({type(error).__name__})") from None
    found = _BIND.search(text) or _COLONS.search(text)
    if found is None:
        raise SettingError(setting, "a key file holds no TSIG key")
    algorithm = found["algorithm"].lower().rstrip(".")
    if algorithm not in ALGORITHMS:
        raise SettingError(setting, "a TSIG key's algorithm must be HMAC with SHA-2")
    try:
        secret = base64.b64decode(found["secret"], validate=True)
        name = dns.name.from_text(found["name"])
    except (binascii.Error, dns.exception.DNSException):
        raise SettingError(setting, "a key file's secret or name cannot be read") from None
    if not secret:
        raise SettingError(setting, "a key file's secret is empty")
    return dns.tsig.Key(name, secret, algorithm)
