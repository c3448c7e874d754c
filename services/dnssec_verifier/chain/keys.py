"""Zone keys: which may be used at all, which a DS vouches for, and a ring of them to check signatures with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dns.dnssec
import dns.dnssecalgs
import dns.exception
import dns.name
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from dns.dnssecalgs.base import GenericPublicKey
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from services.dnssec_verifier.chain.policy import SHA1, Policy
from services.dnssec_verifier.chain.verdict import BogusReason, bogus

ZONE_FLAG, REVOKED_FLAG, PROTOCOL = 0x0100, 0x0080, 3


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A DNSKEY that may sign for its zone, ready to check signatures."""

    record: DNSKEY
    tag: int
    public: GenericPublicKey

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` is this key's."""
        try:
            self.public.verify(signature, data)
        except (InvalidSignature, dns.exception.DNSException, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys that may sign for `zone`."""

    zone: dns.name.Name
    keys: tuple[ZoneKey, ...]

    def candidates(self, algorithm: int, tag: int) -> tuple[ZoneKey, ...]:
        """Keys that an RRSIG with `algorithm` and `tag` may mean; tags are not unique."""
        return tuple(key for key in self.keys if key.tag == tag and key.record.algorithm == algorithm)


def ring_of(zone: dns.name.Name, records: Iterable[DNSKEY], policy: Policy) -> KeyRing:
    """The usable keys among a zone's DNSKEY `records`; raises Stop when there are too many (KeyTrap).

    Those that cannot be used count too: an honest zone has no crowd under one tag, and others may try them all.
    """
    known = tuple(records)
    if is_crowd([dns.dnssec.key_id(record) for record in known], policy):
        raise bogus(BogusReason.TOO_MANY_KEYS, zone)
    return KeyRing(zone, tuple(key for record in known if (key := zone_key(record, policy)) is not None))


def is_crowd(tags: Sequence[int], policy: Policy) -> bool:
    """Whether keys with these `tags` are more than an honest zone has, in all or under one tag."""
    return len(tags) > policy.keys or any(tags.count(tag) > policy.keys_per_tag for tag in tags)


def usable_ds(records: Sequence[DS], policy: Policy) -> tuple[DS, ...]:
    """The DS that may vouch for a key; none means the zone counts as unsigned (RFC 4035 §5.2, RFC 4509 §3)."""
    known = tuple(ds for ds in records if ds.algorithm in policy.algorithms)
    strong = tuple(ds for ds in known if ds.digest_type in policy.digests)
    return strong or tuple(ds for ds in known if ds.digest_type == SHA1)


def vouched(ring: KeyRing, ds_records: Iterable[DS]) -> KeyRing:
    """The keys of `ring` that one of `ds_records` names by tag, algorithm and digest (RFC 4035 §5.2)."""
    ds_set = tuple(ds_records)
    return KeyRing(ring.zone, tuple(key for key in ring.keys if any(_names(ds, key, ring.zone) for ds in ds_set)))


def _names(ds: DS, key: ZoneKey, zone: dns.name.Name) -> bool:
    if ds.key_tag != key.tag or ds.algorithm != key.record.algorithm:
        return False
    made = dns.dnssec.make_ds(zone, key.record, ds.digest_type, policy=dns.dnssec.allow_all_policy, validating=True)
    return made.digest == ds.digest


def zone_key(record: DNSKEY, policy: Policy) -> ZoneKey | None:
    """The key in `record`, if it may sign for its zone under `policy`."""
    usable = record.flags & ZONE_FLAG and not record.flags & REVOKED_FLAG and record.protocol == PROTOCOL
    if not usable or record.algorithm not in policy.algorithms:
        return None
    try:
        public = dns.dnssecalgs.get_algorithm_cls_from_dnskey(record).public_cls.from_dnskey(record)
    except (dns.exception.DNSException, UnsupportedAlgorithm, ValueError):
        return None
    material = getattr(public, "key", None)
    if isinstance(material, RSAPublicKey) and not _is_reasonable(material, policy):
        return None
    return ZoneKey(record, dns.dnssec.key_id(record), public)


def _is_reasonable(key: RSAPublicKey, policy: Policy) -> bool:
    exponent_bits = key.public_numbers().e.bit_length()
    return policy.rsa_bits <= key.key_size <= policy.rsa_bits_most and exponent_bits <= policy.rsa_exponent_bits
