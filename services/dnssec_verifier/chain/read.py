"""Where an answer leads, before anything in it is trusted: to a child zone, or no further."""

from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA


@dataclass(frozen=True, slots=True)
class Referral:
    """Ask the servers of `child` instead: their names, and the addresses the parent gave along (glue)."""

    child: dns.name.Name
    names: tuple[dns.name.Name, ...]
    glue: dict[dns.name.Name, tuple[str, ...]]


def referral(message: dns.message.Message, zone: dns.name.Name, name: dns.name.Name) -> Referral | None:
    """The referral in `message`, an answer about `name` by the servers of `zone`; None if it is none (RFC 1034)."""
    if any(rr.name == name for rr in message.answer) or _find(message.authority, dns.rdatatype.SOA):
        return None
    for delegation in _find(message.authority, dns.rdatatype.NS):
        child = delegation.name
        if child != zone and child.is_subdomain(zone) and name.is_subdomain(child):
            return refer(message, delegation, zone)
    return None


def refer(message: dns.message.Message, delegation: dns.rrset.RRset, zone: dns.name.Name) -> Referral:
    """`delegation` (an NS RRset) with the glue in `message` that the servers of `zone` may speak for."""
    names = tuple(sorted(record.target for record in delegation if isinstance(record, NS)))
    return Referral(delegation.name, names, {name: _glue(message, name, zone) for name in names})


def addresses_in(rrset: dns.rrset.RRset) -> tuple[str, ...]:
    """The addresses in an A or AAAA RRset."""
    return tuple(record.address for record in rrset if isinstance(record, A | AAAA))


def signer_hint(message: dns.message.Message, zone: dns.name.Name, name: dns.name.Name) -> dns.name.Name | None:
    """The deepest zone at or under `zone` that claims to sign something here and may hold `name`; only a hint."""
    signers = [
        signature.signer
        for rrset in (*message.answer, *message.authority)
        if rrset.rdtype == dns.rdatatype.RRSIG
        for signature in rrset
        if isinstance(signature, RRSIG)
    ]
    fitting = [signer for signer in signers if name.is_subdomain(signer) and signer.is_subdomain(zone)]
    return max(fitting, key=len, default=None)


def _glue(message: dns.message.Message, name: dns.name.Name, zone: dns.name.Name) -> tuple[str, ...]:
    if not name.is_subdomain(zone):
        return ()
    found = (rr for rr in (*message.additional, *message.answer) if rr.name == name)
    return tuple(address for rr in found for address in addresses_in(rr))


def _find(section: list[dns.rrset.RRset], rdtype: dns.rdatatype.RdataType) -> list[dns.rrset.RRset]:
    return [rr for rr in section if rr.rdtype == rdtype]
