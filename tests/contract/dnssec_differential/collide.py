"""Keys whose tag is that of another: a tag is a checksum, so one is found by trying (KeyTrap, CVE-2023-50387)."""

import dns.dnssec
from dns.rdtypes.ANY.DNSKEY import DNSKEY

_TAIL = 2


def collided(key: DNSKEY, count: int) -> list[DNSKEY]:
    """`count` keys with other bytes and the tag of `key`, as far as they look like keys of its algorithm."""
    wanted = dns.dnssec.key_id(key)
    found: list[DNSKEY] = []
    for salt in range(1, 10_000):
        body = bytes((byte * salt + salt) % 256 for byte in key.key[:-_TAIL])
        # The tag is a sum of 16-bit words: the last one makes up what is missing, carries aside.
        have = dns.dnssec.key_id(_with(key, body + bytes(_TAIL)))
        missing = (wanted - have) % 65_535
        made = _with(key, body + missing.to_bytes(_TAIL, "big"))
        if dns.dnssec.key_id(made) == wanted and made != key:
            found.append(made)
        if len(found) == count:
            return found
    raise AssertionError("no collision found")


def _with(key: DNSKEY, material: bytes) -> DNSKEY:
    changed = key.replace(key=material)
    assert isinstance(changed, DNSKEY)
    return changed
