"""The parent `test.` as a registry: it asks its children for CDS in its own time, and gives DS records its own TTL.

Guarantees: what is scanned is what every address of a child serves over TCP at that moment, faults and all; a DS RRset
changes in one serial and is on disk before it is served.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

import dns.asyncquery
import dns.exception
import dns.message
from dns.name import Name
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS

from services.sandbox.dns.cds import Keep, Replace, Seen, Signed, decide
from services.sandbox.dns.children import Children
from services.sandbox.dns.hand import HandRecords
from services.sandbox.dns.universe import INFRASTRUCTURE_TTL_S, Record, Universe

ANSWER_TIMEOUT_S = 2.0


@dataclass(slots=True)
class Registry:
    """How the parent behaves, in seconds. `cds_period` 0: it never asks.

    `bootstrap_after`: how long a child without DS must ask for the same before it is believed (`None`: never).
    """

    cds_period: float = 0.0
    bootstrap_after: float | None = None
    ds_ttl: int = INFRASTRUCTURE_TTL_S


class Parent:
    """The registry of `test.`, whose children answer at `port`."""

    def __init__(self, universe: Universe, children: Children, hand: HandRecords) -> None:
        self.registry = Registry()
        self.said: dict[str, str] = {}
        self._universe = universe
        self._children = children
        self._hand = hand
        self._first_asked: dict[Name, tuple[frozenset[Rdata], float]] = {}
        self._changed = asyncio.Event()
        self._stopping = False
        self._port = 0

    def change(self, registry: Registry) -> None:
        """Behave like this from now on; DS records that stand get the new TTL."""
        if registry.ds_ttl != self.registry.ds_ttl:
            for origin in self._children.origins():
                if standing := self._children.registered_ds(origin):
                    self._set_ds(origin, standing, registry.ds_ttl)
        self.registry = registry
        self._changed.set()

    async def run(self, port: int) -> None:
        """Scan when it is time, until stopped."""
        self._port = port
        while not self._stopping:
            self._changed.clear()
            try:
                async with asyncio.timeout(self.registry.cds_period or None):
                    await self._changed.wait()
            except TimeoutError:
                for origin in self._children.origins():
                    await self.scan(origin)

    def stop(self) -> None:
        """Scan no more. A cancellation alone may be lost in the middle of a scan (see `bus.tasks`)."""
        self._stopping = True
        self._changed.set()

    async def scan(self, origin: Name) -> None:
        """Ask every address of `origin` for CDS and do what follows."""
        seen = [await self._look(origin, address) for address in self._universe.addresses[origin]]
        now = self._children.registered_ds(origin)
        decision = decide(origin, seen, now, bootstrap=self._has_waited(origin, seen))
        match decision:
            case Keep(reason):
                self.said[origin.to_text()] = reason
            case Replace(ds):
                self.said[origin.to_text()] = f"changed to {len(ds)} DS"
                self._set_ds(origin, ds, self.registry.ds_ttl)

    def _set_ds(self, origin: Name, ds: Iterable[DS], ttl: int) -> None:
        self._hand.replace({(origin, RdataType.DS): [Record(ttl, rdata) for rdata in ds]})

    def _has_waited(self, origin: Name, seen: Iterable[Seen | None]) -> bool:
        """Whether all addresses have asked for the same for as long as a child without DS must."""
        asked = {frozenset[Rdata]() if each is None or each.cds is None else frozenset(each.cds.data) for each in seen}
        now, wanted = time.monotonic(), next(iter(asked)) if len(asked) == 1 else frozenset[Rdata]()
        before, since = self._first_asked.get(origin, (frozenset[Rdata](), now))
        if wanted != before:
            since = now
        self._first_asked[origin] = (wanted, since)
        wait_s = self.registry.bootstrap_after
        return wait_s is not None and bool(wanted) and now - since >= wait_s

    async def _look(self, origin: Name, address: str) -> Seen | None:
        try:
            cds = await self._ask(origin, RdataType.CDS, address)
            cdnskey = await self._ask(origin, RdataType.CDNSKEY, address)
            return Seen(cds, cdnskey, await self._ask(origin, RdataType.DNSKEY, address))
        except (OSError, EOFError, dns.exception.DNSException):
            return None

    async def _ask(self, origin: Name, rdtype: RdataType, address: str) -> Signed | None:
        query = dns.message.make_query(origin, rdtype, want_dnssec=True)
        answer = await dns.asyncquery.tcp(query, address, ANSWER_TIMEOUT_S, self._port)
        data = answer.get_rrset(answer.answer, origin, query.question[0].rdclass, rdtype)
        signatures = answer.get_rrset(answer.answer, origin, query.question[0].rdclass, RdataType.RRSIG, covers=rdtype)
        return None if data is None or signatures is None else Signed(data, signatures)
