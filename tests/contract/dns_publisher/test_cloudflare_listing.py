"""What an operator asks of a zone at Cloudflare: all its payment records, and how full it is."""

from typing import Any

from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.cloudflare.list_records import list_page
from services.dns_publisher.cloudflare.zone import CloudflarePublisher, CloudflareZone
from services.dns_publisher.provider.publisher import Listed, Page, Room
from services.dns_publisher.records.marker import Marker, read
from tests.contract.dnssec_verifier.town import Town

MARK = f"shopstr:{'b' * 26}:{'0' * 16}"


async def test_every_payment_record_is_listed_page_by_page_and_nothing_else(town: Town) -> None:
    domain = town.world.domain
    async with connected(town.settings) as cloudflare:
        zone = await CloudflarePublisher(cloudflare).zone(domain)
        assert isinstance(zone, CloudflareZone)
        before = await zone.room()
        assert isinstance(before, Room)
        records: Any = cloudflare.client.dns.records
        for name, kind, content, comment in (
            ("one.user._bitcoin-payment", "TXT", '"bitcoin:?a"', MARK),
            ("two.user._bitcoin-payment", "TXT", '"bitcoin:?b" "c"', None),
            ("two.user._bitcoin-payment", "TXT", '"more"', None),
            ("three.user._bitcoin-payment", "CNAME", f"www.{domain}", None),
            ("www", "TXT", '"bitcoin:?nobody-asks-here"', None),
        ):
            more = {} if comment is None else {"comment": comment}
            await records.create(
                zone_id=zone.zone_id, type=kind, name=f"{name}.{domain}", content=content, ttl=300, **more
            )
        found: list[Listed] = []
        number: str | None = "1"
        while number is not None:
            page = await list_page(cloudflare, zone.zone_id, int(number), per_page=2)
            assert isinstance(page, Page)
            assert len(page.records) <= 2
            found, number = [*found, *page.records], page.following
        assert {(at.name.split(".")[0], at.record.kind, at.record.payload, at.record.marker) for at in found} == {
            ("one", "TXT", b"bitcoin:?a", read(MARK)),
            ("two", "TXT", b"bitcoin:?bc", None),
            ("two", "TXT", b"more", None),
            ("three", "CNAME", b"", None),
        }
        assert isinstance(read(MARK), Marker)
        whole = await zone.records()
        assert isinstance(whole, Page)
        assert (sorted(at.record.record_id for at in whole.records), whole.following) == (
            sorted(at.record.record_id for at in found),
            None,
        )
        assert await zone.room() == Room(before.used + 5, before.quota)
