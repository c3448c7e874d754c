"""Addresses of name servers: glue where the parent gave it, otherwise looked up from the root, unvalidated.

A wrong address can only make a walk fail: what its server says still has to be signed.
"""

from collections.abc import Callable

import dns.name
import dns.rdatatype

from services.dnssec_verifier.chain.policy import Inspection
from services.dnssec_verifier.chain.read import Referral, addresses_in, referral
from services.dnssec_verifier.chain.source import Source
from services.dnssec_verifier.chain.verdict import IndeterminateReason, indeterminate
from services.dnssec_verifier.chain.zone import Delegation

_TYPES = (dns.rdatatype.A, dns.rdatatype.AAAA)


class AddressBook:
    """Finds addresses for one walk; `start` gives the nearest known zone and its addresses for a name."""

    def __init__(
        self,
        source: Source,
        start: Callable[[dns.name.Name], tuple[dns.name.Name, tuple[str, ...]]],
        terms: Inspection,
    ) -> None:
        self._source = source
        self._start = start
        self._terms = terms

    async def delegation(self, to: Referral, hosts: tuple[str, ...] = (), depth: int = 0) -> Delegation:
        """Every address of every server in `to`; raises Stop if there is none.

        `hosts` are servers known to answer for the child as well: they know the names under it.
        """
        found: list[str] = []
        for name in to.names:
            found += to.glue[name] or await self._lookup(name, to.child, hosts, depth)
        if not found:
            raise indeterminate(IndeterminateReason.NO_ADDRESS, to.child)
        return Delegation(to.names, tuple(dict.fromkeys(found))[: self._terms.policy.servers])

    async def _lookup(self, name: dns.name.Name, child: dns.name.Name, hosts: tuple[str, ...], depth: int) -> list[str]:
        inside = name.is_subdomain(child)
        if (inside and not hosts) or depth >= self._terms.policy.address_depth:
            return []  # only its own servers could tell, or too deep to be honest
        zone, servers = (child, hosts) if inside else self._start(name)
        found: list[str] = []
        for rdtype in _TYPES:
            found += await self._follow(name, rdtype, zone, servers, depth)
        return found

    async def _follow(
        self,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        zone: dns.name.Name,
        servers: tuple[str, ...],
        depth: int,
    ) -> tuple[str, ...]:
        for _ in range(self._terms.policy.zones):
            self._terms.budget.spend_query(name)
            message = await self._source.ask(servers, name, rdtype)
            if message is None:
                return ()
            onward = referral(message, zone, name)
            if onward is None:
                return tuple(a for rr in message.answer if rr.name == name for a in addresses_in(rr))
            zone, servers = onward.child, (await self.delegation(onward, depth=depth + 1)).addresses
        return ()
