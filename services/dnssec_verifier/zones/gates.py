"""The gates of a zone's signing as a table (RFC 6781 §4.1, RFC 7583): what must be seen, and how long it has to last.

A step that looks has its gate under its own name; a step of dns-publisher has the gate that must be open as it acts;
`undo-` names what taking a step back waits for. In no flow do we give the parent a DS before the zone would hold with
it at every address, or let a signature go before no cache can hold a DS. A parent that polls CDS takes a DS when it
thinks fit, so what has to be seen before allows for its being there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dns.rdatatype

from schemas.flows import FlowName
from services.dnssec_verifier.zones import conditions as must
from services.dnssec_verifier.zones.conditions import Condition
from services.dnssec_verifier.zones.seen import ZoneSeen

HOUR, DAY = 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Times:
    """What is known of caches: seconds they may keep the DS from before, and anything of the zone; our margin.

    `keys_ttl_s`: the longest TTL that the zone's keys had in any look, as one that was lowered binds no cache yet.
    """

    ds_ttl_s: int
    max_ttl_s: int
    keys_ttl_s: int
    margin_s: float


@dataclass(frozen=True, slots=True)
class Lasting:
    """So many seconds, because of that."""

    seconds: float
    because: str


Duration = Callable[[ZoneSeen, Times], Lasting]


def at_once(_seen: ZoneSeen, _times: Times) -> Lasting:
    """No cache is concerned."""
    return Lasting(0.0, "no cache is concerned")


def unsigned_data(seen: ZoneSeen, times: Times) -> Lasting:
    """Until no cache holds anything of the zone without its signature, or with keys of another day."""
    known = seen.ttl_s(dns.rdatatype.DNSKEY, dns.rdatatype.SOA, dns.rdatatype.NS)
    return Lasting(max(known, times.max_ttl_s) + times.margin_s, "caches may hold the zone without signatures")


def former_keys(_seen: ZoneSeen, times: Times) -> Lasting:
    """Until every cache has the new key among those of the zone."""
    return Lasting(times.keys_ttl_s + times.margin_s, "caches may hold the keys without the new one")


def absent_ds(seen: ZoneSeen, times: Times) -> Lasting:
    """Until no cache holds that there is no DS."""
    return Lasting(seen.parent_negative_s + times.margin_s, "caches may hold that there is no DS")


def former_ds(_seen: ZoneSeen, times: Times) -> Lasting:
    """Until no cache holds the DS from before."""
    return Lasting(times.ds_ttl_s + times.margin_s, "caches may hold the old DS")


def former_trust(_seen: ZoneSeen, times: Times) -> Lasting:
    """Until no cache holds the DS, nor keys it believed by a DS in that DS's last second."""
    lasting_s = times.ds_ttl_s + times.keys_ttl_s + times.margin_s
    return Lasting(lasting_s, "caches may hold the DS, and keys believed by it")


@dataclass(frozen=True, slots=True)
class Gate:
    """`conditions` have to hold in each of `looks` looks and for as long as `lasting` says.

    `patience_s`: how long the gate may stay closed, without what it has to last, before the step fails.
    """

    conditions: tuple[Condition, ...]
    lasting: Duration = at_once
    looks: int = 3
    patience_s: float = 2 * DAY


SOUND = (must.same_servers, must.same_keys)

GATES: Mapping[tuple[FlowName, str], Gate] = {
    ("zone.sign", "begin"): Gate((must.parent_has_none, must.same_servers), looks=1, patience_s=300.0),
    ("zone.sign", "clear"): Gate((must.parent_has_none,)),
    ("zone.sign", "sign"): Gate((), looks=1),
    ("zone.sign", "ready"): Gate(
        (must.parent_has_former_or_new, *SOUND, must.holds_with_new, must.announces_new),
        unsigned_data,
        patience_s=7 * DAY,
    ),
    ("zone.sign", "submit"): Gate((must.parent_has_former_or_new, *SOUND, must.holds_with_new), looks=1),
    ("zone.sign", "arrive"): Gate((must.parent_has_new, must.holds_with_new), patience_s=14 * DAY),
    ("zone.sign", "settle"): Gate((must.parent_has_new, must.holds_with_new, must.chain_is_secure), absent_ds),
    ("zone.sign", "undo-submit"): Gate((must.parent_has_former_or_new,), looks=1),
    ("zone.sign", "undo-prepare"): Gate((must.parent_has_none,), looks=1),
    ("zone.sign", "undo-sign"): Gate((), looks=1),
    ("zone.sign", "undo-clear"): Gate((must.parent_has_none,), former_trust),
    ("zone.sign", "undo-unsubmitted"): Gate((must.parent_has_none,)),
    ("zone.unsign", "begin"): Gate(
        (must.parent_has_some, must.same_servers, must.holds_with_former), looks=1, patience_s=300.0
    ),
    ("zone.unsign", "withdraw"): Gate((must.parent_has_former_or_new,), looks=1),
    ("zone.unsign", "undo-withdraw"): Gate((must.parent_has_former_or_new, must.holds_with_former), looks=1),
    ("zone.unsign", "undo-begin"): Gate((must.parent_has_former, must.holds_with_former)),
    ("zone.unsign", "vanish"): Gate((must.parent_has_none,), former_trust, patience_s=14 * DAY),
    ("zone.unsign", "stop"): Gate((must.parent_has_none,), looks=1),
    ("zone.unsign", "bare"): Gate((must.parent_has_none, must.nothing_signed, must.chain_is_insecure)),
    ("zone.roll", "begin"): Gate(
        (must.parent_has_some, must.same_servers, must.holds_with_former), looks=1, patience_s=300.0
    ),
    ("zone.roll", "ready"): Gate(
        (must.parent_has_former_or_new, *SOUND, must.holds_with_that, must.holds_with_new, must.announces_new),
        former_keys,
        patience_s=14 * DAY,
    ),
    ("zone.roll", "submit"): Gate(
        (must.parent_has_former_or_new, *SOUND, must.holds_with_that, must.holds_with_new), looks=1
    ),
    ("zone.roll", "undo-submit"): Gate((must.parent_has_former_or_new, must.holds_with_former), looks=1),
    ("zone.roll", "undo-begin"): Gate((must.parent_has_some, must.holds_with_that)),
    ("zone.roll", "arrive"): Gate((must.parent_has_new, must.holds_with_new)),
    ("zone.roll", "retire"): Gate((must.parent_has_new, must.holds_with_new), former_ds),
    ("zone.roll", "settle"): Gate((must.parent_has_new, must.holds_with_new, must.old_keys_gone, must.chain_is_secure)),
}
