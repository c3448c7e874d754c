"""AXFR (RFC 5936), signed: every payment record of a zone at once, where the server lets our key have it."""

import asyncio

import dns.asyncquery
import dns.exception
import dns.name
import dns.rrset
import dns.xfr
import dns.zone
from dns.rdatatype import RdataType

from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Listed, Page
from services.dns_publisher.rfc2136.meanings import refusal_of
from services.dns_publisher.rfc2136.records import present_in, text_of
from services.dns_publisher.rfc2136.server import Server

PAYMENT_LABEL = b"_bitcoin-payment"
PATIENCE_S = 60.0
"""How long a transfer may take: a zone of a hundred thousand names takes longer than one answer."""


async def transferred(server: Server, apex: dns.name.Name) -> Page | Refused | Unknown:
    """The records below any `_bitcoin-payment` of the zone, without marks."""
    zone = dns.zone.Zone(apex, relativize=False)
    query, _ = dns.xfr.make_query(zone, serial=None)
    query.use_tsig(server.key)
    try:
        async with server.turns, asyncio.timeout(PATIENCE_S):
            await dns.asyncquery.inbound_xfr(server.address, zone, query, server.port, timeout=server.deadline_s)
    except dns.xfr.TransferError:
        return Refused(Meaning.CREDENTIALS, "the server does not let our key list the zone")
    except (dns.exception.DNSException, OSError, EOFError, TimeoutError) as error:
        return refusal_of(error)
    return Page(tuple(listed for name in zone if _is_payment(name) for listed in _listed(zone, name)), None)


def _is_payment(name: dns.name.Name) -> bool:
    return any(label.lower() == PAYMENT_LABEL for label in name.labels)


def _listed(zone: dns.zone.Zone, name: dns.name.Name) -> list[Listed]:
    kinds = (zone.get_rrset(name, kind) for kind in (RdataType.TXT, RdataType.CNAME))
    return [Listed(text_of(name), record) for rrset in kinds if rrset is not None for record in present_in(rrset)]
