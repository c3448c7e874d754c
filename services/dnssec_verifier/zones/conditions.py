"""What a gate may demand, as pure checks of one look: None if it holds, else what is missing, for a person."""

from collections.abc import Callable
from dataclasses import dataclass

import dns.name
import dns.rdatatype
from dns.dnssectypes import DSDigest

from schemas.flows import FlowName
from schemas.zones import Ds, ParentKind
from services.dnssec_verifier.chain.judge import Missing, Present, judge
from services.dnssec_verifier.chain.policy import Policy, inspection
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.chain.verdict import Insecure, Secure, Stop
from services.dnssec_verifier.chain.zone import prove_keys
from services.dnssec_verifier.zones.seen import (
    ChildSeen,
    ZoneSeen,
    announced,
    announced_keys,
    as_rdata,
    entries,
    servers_of,
)

SIGNED_FOR_S = 60.0
"""A signature younger than this may be from the future for a validator whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Want:
    """What the operation is about: the DS set before it and the one it is to bring (empty: none)."""

    former: frozenset[Ds]
    ds: frozenset[Ds]
    parent: ParentKind | None = None


Condition = Callable[[ZoneSeen, Want], str | None]


def parent_has_none(seen: ZoneSeen, _want: Want) -> str | None:
    """Every address of the parent proves that there is no DS."""
    return _parent_has(seen, frozenset())


def parent_has_former(seen: ZoneSeen, want: Want) -> str | None:
    """Every address of the parent gives the DS set from before."""
    return _parent_has(seen, want.former)


def parent_has_new(seen: ZoneSeen, want: Want) -> str | None:
    """Every address of the parent gives exactly the new DS set."""
    return _parent_has(seen, want.ds)


def parent_has_former_or_new(seen: ZoneSeen, want: Want) -> str | None:
    """At no address of the parent is there anything but the DS set from before or, landed already, the new one."""
    for one in seen.parents:
        if one.ds not in (want.former, want.ds):
            return f"{one.server} ({one.transport}): {one.detail}"
    return None if seen.parents else "no address of the parent can be reached"


def parent_has_some(seen: ZoneSeen, _want: Want) -> str | None:
    """Every address of the parent gives the same DS set, and it is not empty."""
    if seen.at_parent:
        return None
    return "the parent has no DS" if seen.at_parent is not None else "the parent's addresses do not agree"


def same_servers(seen: ZoneSeen, _want: Want) -> str | None:
    """The parent delegates to the servers that the zone itself names, at every address."""
    for one in seen.children:
        if servers_of(one, seen.zone) != seen.names:
            return f"{one.server} ({one.transport}): its NS are not those of the parent"
    return _reached(seen)


def same_keys(seen: ZoneSeen, _want: Want) -> str | None:
    """The same keys at every address."""
    if len({one.keys(seen.zone) for one in seen.children}) > 1:
        return "the addresses of the zone serve different keys"
    return _reached(seen)


def holds_with_former(seen: ZoneSeen, want: Want) -> str | None:
    """With the DS set from before the zone holds, at each address for itself."""
    return _holds(seen, want.former)


def holds_with_new(seen: ZoneSeen, want: Want) -> str | None:
    """With the new DS set the zone holds, at each address for itself: the dry run before a DS goes anywhere."""
    return _holds(seen, want.ds)


def holds_with_that(seen: ZoneSeen, _want: Want) -> str | None:
    """With the DS set that the parent gives the zone holds, at each address for itself."""
    if seen.at_parent is None:
        return "the parent's addresses do not agree"
    return _holds(seen, seen.at_parent)


def announces_new(seen: ZoneSeen, want: Want) -> str | None:
    """CDS and CDNSKEY say, at every address, what the new DS set is; only a parent that polls them needs any."""
    for one in seen.children:
        cds, keys = announced(one, seen.zone), announced_keys(one, seen.zone)
        if not cds and not keys and want.parent != "cds":
            continue
        if cds != want.ds or (keys and keys != frozenset(ds for ds in want.ds if ds.digest_type == 2)):
            return f"{one.server} ({one.transport}): CDS or CDNSKEY say something else, or nothing"
    return None


def old_keys_gone(seen: ZoneSeen, want: Want) -> str | None:
    """No address serves a key that only the DS set from before names."""
    for one in seen.children:
        if entries(seen.zone, one.keys(seen.zone)) & (want.former - want.ds):
            return f"{one.server} ({one.transport}): the old key is still served, and may go now"
    return None


def nothing_signed(seen: ZoneSeen, _want: Want) -> str | None:
    """No address serves a key any more."""
    for one in seen.children:
        if one.keys(seen.zone):
            return f"{one.server} ({one.transport}): the zone is still signed, and may be unsigned now"
    return _reached(seen)


def chain_is_secure(seen: ZoneSeen, _want: Want) -> str | None:
    """Our own walk from the root calls the zone secure."""
    return None if isinstance(seen.chain, Secure) else f"from the root the zone is {seen.chain}"


def chain_is_insecure(seen: ZoneSeen, _want: Want) -> str | None:
    """Our own walk from the root finds it proven that the zone is not signed."""
    return None if isinstance(seen.chain, Insecure) else f"from the root the zone is {seen.chain}"


def amiss(seen: ZoneSeen, want: Want) -> str | None:
    """What no operation of ours explains: somebody else has to be asked before anything goes on."""
    for one in seen.parents:
        if one.ds and one.ds not in (want.former, want.ds):
            return f"{one.server} ({one.transport}) gives a DS that is neither the old nor the new one"
    return None


def intended(flow: FlowName, seen: ZoneSeen, former: frozenset[Ds]) -> frozenset[Ds] | str:
    """The DS set to bring to the parent, derived from the keys as served now; or why there is none yet.

    What the signer announces by CDS counts, if it names served keys only; without CDS every secure entry point, and in
    a roll those that have no DS yet.
    """
    if flow == "zone.unsign":
        return frozenset()
    found = {_intended(flow, one, seen.zone, former) for one in seen.children}
    if len(found) != 1:
        return "the addresses of the zone do not agree on its keys" if found else "no address of the zone answers"
    return found.pop() or ("the signer shows no new key yet" if flow == "zone.roll" else "the zone is not signed yet")


def _intended(flow: FlowName, one: ChildSeen, zone: dns.name.Name, former: frozenset[Ds]) -> frozenset[Ds]:
    keys = one.keys(zone)
    served = entries(zone, keys) | entries(zone, keys, DSDigest.SHA384)
    cds = announced(one, zone)
    if cds:
        return cds if cds <= served and cds != former else frozenset()
    points = entries(zone, keys)
    return points - former if flow == "zone.roll" else points


def _parent_has(seen: ZoneSeen, wanted: frozenset[Ds]) -> str | None:
    for one in seen.parents:
        if one.ds != wanted:
            return f"{one.server} ({one.transport}): {one.detail}"
    return None if seen.parents else "no address of the parent can be reached"


def _reached(seen: ZoneSeen) -> str | None:
    if not seen.children:
        return "no address of the zone can be reached"
    silent = next((one for one in seen.children if one.detail), None)
    return None if silent is None else f"{silent.server} ({silent.transport}): {silent.detail}"


def _holds(seen: ZoneSeen, ds: frozenset[Ds]) -> str | None:
    for one in seen.children:
        if (wrong := _dry_run(one, seen, ds)) is not None:
            return f"{one.server} ({one.transport}): {wrong}"
    return _reached(seen)


def _dry_run(one: ChildSeen, seen: ZoneSeen, ds: frozenset[Ds]) -> str | None:
    """Keys, SOA, NS and an absence from one address, validated as if `ds` stood at the parent, and for how long."""
    if one.detail or one.absent is None:
        return one.detail or "no answer"
    terms = inspection(seen.at, Policy())
    try:
        ring, keys = prove_keys(one.answers[dns.rdatatype.DNSKEY], seen.zone, [as_rdata(entry) for entry in ds], terms)
        spans = [keys.span]
        for rdtype in (dns.rdatatype.SOA, dns.rdatatype.NS):
            judged = judge(one.answers[rdtype], seen.zone, rdtype, ring, terms)
            if not isinstance(judged, Present):
                return f"no {dns.rdatatype.to_text(rdtype)} at its apex"
            spans.append(judged.span)
        absence = judge(one.absent, one.nowhere, dns.rdatatype.TXT, ring, terms)
        if isinstance(absence, Missing):
            spans.append(absence.span)
        for rdtype in (dns.rdatatype.CDS, dns.rdatatype.CDNSKEY):
            judge(one.answers[rdtype], seen.zone, rdtype, ring, terms)
    except Stop as stop:
        return f"with this DS it would be {stop.verdict}"
    return next(filter(None, (_stale(span, seen.at) for span in spans)), None)


def _stale(span: Span, now: float) -> str | None:
    if span.valid_until - now <= 3 * span.ttl_s:
        return "a signature runs out sooner than three TTLs from now"
    if now - span.valid_from < SIGNED_FOR_S:
        return "a signature is so young that a clock may be behind it"
    return None
