"""What every handler of this service works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from schemas.records import Holdings, NameRecord, OfferPlaces, OfferRecord, Published
from schemas.settings import Settings
from services.offer_builder.offers.book import OfferBook
from services.offer_builder.places import Places
from services.offer_builder.quota import Limits


@dataclass(frozen=True, slots=True)
class Desk:
    """`names`, `places` and `offers` are ours to write, `published` and (over `bus`) LEDGER only to read; `clock` gives
    unix seconds."""

    names: Bucket[NameRecord]
    published: Bucket[Published]
    places: Places
    offers: OfferBook
    settings: Settings = field(repr=False)
    bus: Bus = field(repr=False)
    clock: Callable[[], float] = time.time


def make_desk(bus: Bus, settings: Settings) -> Desk:
    """The desk of a process connected by `bus`, which keeps the time."""
    limits = Limits(names=settings.names_per_owner, a_day=settings.registrations_per_day)
    return Desk(
        names=Bucket(bus, "names", NameRecord),
        published=Bucket(bus, "published", Published),
        places=Places(Bucket(bus, "holdings", Holdings), limits),
        offers=OfferBook(
            Bucket(bus, "offers", OfferRecord), Bucket(bus, "offer-places", OfferPlaces), settings.offers_per_owner
        ),
        settings=settings,
        bus=bus,
        clock=bus.clock.now,
    )
