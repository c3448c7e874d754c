"""How the zones below `test.` are signed, and every change to it: by the control interface, Cloudflare or a roll.

Guarantees: what a change returned from is on disk; the served signing always follows what is stored, at once or when
the announced delay is over; a zone never loses its last key or its last signature over DNSKEY while it is signed.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import cast

import dns.name
import msgspec
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from schemas.base import utc_text
from services.sandbox.dns.keys import FIRST_KSK
from services.sandbox.dns.signing import Ksk, Signing, signing
from services.sandbox.dns.universe import ALWAYS, INFRASTRUCTURE_TTL_S, SHOP, TEST, Universe
from services.sandbox.state import Announced, HandRecord, Store, StoredKsk, StoredZone


class Children:
    """The zones below `test.`."""

    def __init__(self, store: Store, universe: Universe) -> None:
        self._store = store
        self._universe = universe
        self._later: dict[Name, asyncio.TimerHandle] = {}

    def establish(self) -> None:
        """Serve every zone as it was; at the very first start `shop.test.` is signed and its DS is in `test.`."""
        if SHOP.to_text() not in self._store.state.zones:
            self._begin()
        for text, stored in self._store.state.zones.items():
            origin = dns.name.from_text(text)
            if origin not in self._universe.zones:
                self._add(origin, ALWAYS)
            self._universe.sign(origin, self._signing(origin, stored), ALWAYS)

    def _begin(self) -> None:
        """The first state of `shop.test.`, in one write."""
        ksk = self._universe.keys.ksk(SHOP)
        content = ksk.ds(SHOP).to_text()
        ds = HandRecord(name=SHOP.to_text(), type="DS", content=content, ttl=INFRASTRUCTURE_TTL_S)
        zone = StoredZone(
            signed=True,
            ksks=(StoredKsk(id=FIRST_KSK),),
            announced=Announced.KEYS,
            modified_on=utc_text(time.time()),
        )
        state = self._store.state
        self._store.save(zones={**state.zones, SHOP.to_text(): zone}, by_hand=(*state.by_hand, ds))

    def stop(self) -> None:
        """Forget what was to be served later (a restart serves it at once)."""
        for handle in self._later.values():
            handle.cancel()

    def origins(self) -> list[Name]:
        """The zones, `shop.test.` among them."""
        return [dns.name.from_text(text) for text in self._store.state.zones]

    def get(self, origin: Name) -> StoredZone:
        """How `origin` is signed; raises ValueError for a zone that is not ours to sign."""
        stored = self._store.state.zones.get(origin.to_text())
        if stored is None:
            raise ValueError(f"{origin} is no zone below {TEST}")
        return stored

    def put(self, origin: Name, stored: StoredZone, delay_s: float = 0.0) -> None:
        """Sign `origin` like this, `delay_s` seconds from now; raises ValueError."""
        self.get(origin)
        if not any(ksk.signs for ksk in stored.ksks):
            raise ValueError("no key would sign the DNSKEY RRset")
        fresh = msgspec.structs.replace(stored, modified_on=utc_text(time.time()) if stored.signed else None)
        self._store.save(zones={**self._store.state.zones, origin.to_text(): fresh})
        if origin in self._later:
            self._later.pop(origin).cancel()
        if delay_s <= 0:
            self._serve(origin)
        else:
            self._later[origin] = asyncio.get_running_loop().call_later(delay_s, self._serve, origin)

    def _serve(self, origin: Name) -> None:
        self._universe.sign(origin, self._signing(origin, self.get(origin)))
        self._store.save(serials=self._universe.serials())

    def new(self, origin: Name) -> None:
        """Add an unsigned zone, served where `shop.test.` is; raises ValueError."""
        if origin in self._universe.zones or origin == TEST or origin.parent() != TEST:
            raise ValueError(f"{origin} is no new name right below {TEST}")
        self._add(origin)
        zone = StoredZone(signed=False, ksks=(StoredKsk(id=FIRST_KSK),))
        zones = {**self._store.state.zones, origin.to_text(): zone}
        self._store.save(zones=zones, serials=self._universe.serials())

    def _add(self, origin: Name, since: float | None = None) -> None:
        self._universe.addresses[origin] = self._universe.addresses[SHOP]
        self._universe.add_zone(origin, self._store.state.serials.get(origin.to_text(), 0), since)

    def with_new_ksk(self, stored: StoredZone, *, announced: bool) -> StoredZone:
        """`stored` with one more key that signs; its file is made when it is first served."""
        number = stored.keys_made + 1
        key = StoredKsk(id=f"{FIRST_KSK}{number}", announced=announced)
        return msgspec.structs.replace(stored, ksks=(*stored.ksks, key), keys_made=number)

    def tag(self, origin: Name, ksk: StoredKsk) -> int:
        """The key tag of `ksk`."""
        return self._universe.keys.ksk(origin, ksk.id).tag

    def dnskey(self, origin: Name, ksk: StoredKsk) -> DNSKEY:
        """The DNSKEY of `ksk`."""
        return self._universe.keys.ksk(origin, ksk.id).dnskey

    def ds(self, origin: Name, ksks: Iterable[StoredKsk]) -> list[DS]:
        """The DS of each key (SHA-256)."""
        return [self._universe.keys.ksk(origin, ksk.id).ds(origin) for ksk in ksks]

    def parent_ds(self, origin: Name, ago_s: float = 0.0) -> list[DS]:
        """The DS RRset that the parent's primary showed `ago_s` seconds ago."""
        parent = self._universe.parent(origin)
        node = parent.node(origin, parent.serial_at(time.monotonic() - ago_s) if ago_s else parent.serial)
        return list(node.get(RdataType.DS, ()))

    def registered_ds(self, origin: Name) -> list[DS]:
        """The DS records that the registry has, though a domain on hold has none in DNS."""
        return [cast(DS, record.rdata) for record in self._universe.registered((origin, RdataType.DS))]

    def ds_ttl_s(self, origin: Name) -> int:
        """TTL of the DS RRset that the parent shows (0: there is none)."""
        parent = self._universe.parent(origin)
        data = parent.node(origin, parent.serial).get(RdataType.DS)
        return 0 if data is None else data.ttl

    def _signing(self, origin: Name, stored: StoredZone) -> Signing | None:
        if not stored.signed:
            return None
        keys = self._universe.keys
        ksks = [Ksk(ksk.id, keys.ksk(origin, ksk.id), ksk.signs, ksk.announced) for ksk in stored.ksks]
        return signing(origin, ksks, keys.zsk(origin), stored.ttl_s, stored.announced)

    def table(self) -> dict[str, object]:
        """How each zone is signed, for people and tests."""
        return {origin.to_text(): self._row(origin, self.get(origin)) for origin in self.origins()}

    def _row(self, origin: Name, stored: StoredZone) -> dict[str, object]:
        keys = [
            {
                "keyTag": self.tag(origin, ksk),
                "signs": ksk.signs,
                "announced": ksk.announced,
                "ds": self.ds(origin, [ksk])[0].to_text(),
            }
            for ksk in stored.ksks
        ]
        return {
            "signed": stored.signed,
            "announced": stored.announced.value,
            "ttlS": stored.ttl_s,
            "ksks": keys,
            "parentDs": [ds.to_text() for ds in self.parent_ds(origin)],
            "roll": None if stored.roll is None else stored.roll.phase.value,
        }
