"""What is known of drift, kept so that it outlives us: seen once, seen twice and told, right again and told.

Crash between any two lines: an operation's id comes from when the drift was first seen, so that the owner is told once
however often we begin again; the table is written after.
"""

from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from bus.buckets.kv import Bucket, Entry
from bus.client.connection import Bus
from bus.operations import ledger
from schemas.base import utc_text
from schemas.ids import OpId, op_of
from schemas.names import name_of_key
from schemas.records import DriftRecord
from schemas.requests import RecordDrift, RecordHeal
from schemas.settings import Settings
from services.dns_publisher.drift.compare import Drift, Expected

Noted = Entry[DriftRecord]


@dataclass(frozen=True, slots=True)
class Notes:
    """The bucket `drift`, of which this service is the only writer. `repairs`: drift is put right, not only told."""

    bus: Bus
    bucket: Bucket[DriftRecord]
    repairs: bool

    async def saw(self, expected: Expected, domain: str, drift: Drift, noted: Noted | None) -> DriftRecord | None:
        """Take note of `drift`; the record once it is certain, None the first time. The owner is told with the second.

        `noted` is what the bucket held before this comparison.
        """
        key = expected.key
        if noted is None:
            record = DriftRecord(
                name=expected.name,
                domain=domain,
                owner=expected.owner,
                kind=drift.kind,
                detail=drift.detail,
                since=self.bus.clock.now(),
            )
            await self.bucket.create(key, record)
            return None
        before = noted.value
        record = replace(before, kind=drift.kind, detail=drift.detail, confirmed=True, repairs=self.repairs)
        if not before.confirmed:
            await self._tell_drift(expected, record)
        if record != before:
            await self.bucket.update(key, record, noted.revision)
        return record

    async def healed(self, key: str, noted: Noted, how: Literal["repaired", "by-itself"]) -> None:
        """The record is right again; its owner is told if they were told that it was not."""
        if noted.value.confirmed:
            await self._tell_healed(key, noted.value, how)
        await self.bucket.delete(key)

    async def forget(self, key: str, noted: Noted) -> None:
        """Nothing is expected at the name any more."""
        await self.bucket.delete(key, noted.revision)

    async def _tell_drift(self, expected: Expected, record: DriftRecord) -> None:
        name = name_of_key(expected.key)
        request = RecordDrift(
            op=_op("drift", expected.key, record),
            owner=record.owner,
            pubkey="",
            body_sha256="",
            asked_at=utc_text(record.since),
            username=name.user,
            domain=name.domain,
            kind=record.kind,
            detail=record.detail,
            since=record.since,
            repairs=record.repairs,
        )
        await ledger.open_operation(self.bus, request)

    async def _tell_healed(self, key: str, record: DriftRecord, how: Literal["repaired", "by-itself"]) -> None:
        name = name_of_key(key)
        request = RecordHeal(
            op=_op("heal", key, record),
            owner=record.owner,
            pubkey="",
            body_sha256="",
            asked_at=utc_text(self.bus.clock.now()),
            username=name.user,
            domain=name.domain,
            how=how,
            since=record.since,
        )
        await ledger.open_operation(self.bus, request)


def make_notes(bus: Bus) -> Notes:
    """Notes as the settings want them."""
    return Notes(bus, Bucket(bus, "drift", DriftRecord), repairs(bus.settings))


def repairs(settings: Settings) -> bool:
    """Whether what drifted is put right, not only told."""
    return settings.dns_drift == "repair"


def _op(what: str, key: str, record: DriftRecord) -> OpId:
    # No Idempotency-Key can hold a zero byte: nobody can take these ids beforehand.
    return op_of(record.owner, f"\x00record.{what}/{key}/{record.since}")
