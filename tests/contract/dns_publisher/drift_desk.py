"""Somebody edits the zone by hand, and whoever compares: the desk from which the tests of drift do both."""

from dataclasses import dataclass
from typing import Any

import cloudflare
import msgspec

from bus.buckets.kv import Bucket
from bus.buckets.leases import held
from bus.client import direct
from bus.client.connection import Bus
from bus.operations import ledger
from bus.operations.outcomes import Done
from schemas.flows import FLOWS
from schemas.ids import Owner
from schemas.names import is_payment_txt
from schemas.records import DriftRecord, NameRecord
from services.dns_publisher.cloudflare.content import payload
from services.dns_publisher.drift.watch import LEASE, compare_all
from services.dns_publisher.handlers.publish import Publish
from services.dns_publisher.handlers.task import Tools
from services.dns_publisher.routing.zones import Zones
from tests.contract.dnssec_verifier.town import NODE, URI, Town

PUBLISH = FLOWS["username.register"].step("publish")


@dataclass
class Desk:
    """What compares, beside the API as somebody else sees it."""

    town: Town
    bus: Bus
    zones: Zones
    sdk: cloudflare.AsyncCloudflare
    zone_id: str
    mode: str = "report"

    @property
    def tools(self) -> Tools:
        settings = msgspec.structs.replace(self.bus.settings, dns_drift=self.mode)
        self.bus.settings = settings
        return Tools(self.bus, self.zones)

    async def live(self, username: str) -> Owner:
        """A seller's live name with its record; its owner."""
        op = await self.town.composed(username)
        assert isinstance(await Publish(self.tools).act(op, PUBLISH), Done)
        record = NameRecord(
            name=f"{username}@shop.test",
            owner=op.ref.owner,
            op=op.ref.op,
            state="active",
            node_id=NODE,
            uri=URI,
        )
        await (await self.names()).put(f"{username}=shop.test", record)
        return op.ref.owner

    async def names(self) -> Bucket[NameRecord]:
        return Bucket(await self.town.bus("offer-builder"), "names", NameRecord)

    async def compare(self, times: int = 1) -> None:
        """One whole comparison, as whoever holds the lease makes it."""
        for _ in range(times):
            async with held(self.bus, LEASE, 30) as mine:
                assert mine
                await compare_all(self.tools, mine, pause_s=0.0)

    async def at(self, username: str) -> list[Any]:
        listed = await self.sdk.dns.records.list(zone_id=self.zone_id, name={"exact": dns_name(username)})
        return list(listed.result)

    async def payments(self, username: str) -> list[bytes]:
        """The payment records at the name, as a wallet would join them."""
        texts = [payload(record.content) for record in await self.at(username) if record.type == "TXT"]
        return [text for text in texts if is_payment_txt(text)]

    async def by_hand(self, username: str, what: str) -> None:
        """Somebody does `what` to the name's record in the dashboard."""
        records, zone = self.sdk.dns.records, self.zone_id
        (ours,) = await self.at(username)
        match what:
            case "missing":
                await records.delete(ours.id, zone_id=zone)
            case "changed":
                await records.edit(
                    ours.id,
                    zone_id=zone,
                    type="TXT",
                    name=dns_name(username),
                    content='"bitcoin:?lno=lno1else"',
                    ttl=300,
                )
            case "second":
                await records.create(
                    zone_id=zone, type="TXT", name=dns_name(username), content='"BITCOIN:?lno=lno1else"', ttl=300
                )
            case "ttl":
                await records.edit(
                    ours.id, zone_id=zone, type="TXT", name=dns_name(username), content=ours.content, ttl=900
                )
            case "blocked":
                await records.delete(ours.id, zone_id=zone)
                await records.create(
                    zone_id=zone, type="CNAME", name=dns_name(username), content="elsewhere.test", ttl=300
                )
            case "harmless":
                await records.create(
                    zone_id=zone, type="TXT", name=dns_name(username), content='"somebody was here"', ttl=300
                )

    async def noted(self, username: str) -> DriftRecord | None:
        entry = await Bucket(self.bus, "drift", DriftRecord).get(f"{username}=shop.test")
        return entry.value if entry else None

    async def told(self, owner: Owner) -> list[str]:
        """The flows of what dns-publisher opened for this owner, beside the registration itself."""
        found = await direct.following(self.town.edge, "LEDGER", f"saga.{owner}.*.requested.>", 0, 100, None)
        flows = [stored.headers[ledger.FLOW_HEADER] for stored in found]
        return [flow for flow in flows if flow.startswith("record.")]

    async def lists(self) -> int:
        counted = (await self.town.state())["cloudflare"]["counts"]
        return int(counted.get("records.list", 0))


def dns_name(username: str) -> str:
    return f"{username}.user._bitcoin-payment.shop.test"
