"""How the bus is, as the notifier that sweeps sees it: kept for the edge, and said when it is alarming."""

import pytest
from structlog.testing import capture_logs

from bus.buckets.kv import Bucket
from bus.client import connection
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import Operation
from schemas.facts import FailedDirty, SettledLate
from schemas.ids import OpId, Owner
from schemas.records import DriftRecord, Sweeps
from schemas.requests import PaymentWatch
from schemas.vitals import SWEEPS_BUCKET, SWEEPS_KEY, VITALS_BUCKET, VITALS_KEY, Vitals
from services.notifier import vigil
from tests.contract.edge.world import eventually
from tests.contract.notifier.place import Place, request_of, somebody


async def broken_past_repair(place: Place) -> Operation:
    """An operation that ended failed-dirty."""
    op = await place.begin(request_of(somebody(), "dirty"))
    commit = slip.advance(op, FailedDirty(step="reserve", detail="x"))
    answer = await ledger.append(place.workers["offer-builder"], op, commit)
    assert isinstance(answer, ledger.Committed)
    return answer.op


async def drifting(place: Place) -> None:
    """Two records that somebody else changed, one of them seen only once."""
    drift = Bucket(place.workers["dns-publisher"], "drift", DriftRecord)
    for username, confirmed in (("certain", True), ("once", False)):
        record = DriftRecord(
            name=f"{username}@shop.test",
            domain="shop.test",
            owner=Owner("o" * 26),
            kind="second",
            detail="two",
            since=1.0,
            confirmed=confirmed,
        )
        await drift.put(f"{username}=shop.test", record)


async def settled_late(place: Place) -> None:
    """A payment that was called failed, and was paid; and three offers that were swept."""
    asked, node_id, payment, payment_hash = request_of(somebody(), "watch"), "02" * 33, OpId("p" * 26), "ab" * 32
    watch = PaymentWatch(
        op=asked.op,
        owner=asked.owner,
        pubkey=asked.pubkey,
        body_sha256="",
        asked_at=asked.asked_at,
        node_id=node_id,
        payment=payment,
        payment_hash=payment_hash,
        amount_msat="5000",
        expires_at=0,
    )
    op = await ledger.open_operation(place.workers["node-manager"], watch)
    await Bucket(place.workers["node-manager"], SWEEPS_BUCKET, Sweeps).create(SWEEPS_KEY, Sweeps(swept=3))
    note = SettledLate(payment=payment, node_id=node_id, payment_hash=payment_hash, amount_msat="5000", fee_msat="0")
    answer = await ledger.append(place.workers["node-manager"], op, slip.advance(op, note))
    assert isinstance(answer, ledger.Committed)


async def test_what_is_wrong_is_kept_and_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "EVERY_S", 0.2)
    edge = await connection.connect(place.settings, "edge")
    bucket = Bucket(edge, VITALS_BUCKET, Vitals)

    async def vitals(**wanted: float) -> Vitals | None:
        entry = await bucket.get(VITALS_KEY)
        found = entry.value if entry else None
        return found if found and all(getattr(found, name) == value for name, value in wanted.items()) else None

    with capture_logs() as logs:

        def said() -> list[tuple[str, str]]:
            return [(entry["what"], entry["name"]) for entry in logs if entry["event"] == "alert"]

        async with place.notifier():
            assert await eventually(lambda: vitals(dead_letters=0, unfinished=0), within_s=30)
            assert said() == []
            stuck = await place.begin(request_of(somebody(), "stuck"))
            await broken_past_repair(place)
            await publish(place.workers["notifier"], "dlq.LEDGER.offer-builder", b"x")
            await drifting(place)
            await settled_late(place)
            taken = await eventually(
                lambda: vitals(dead_letters=1, unfinished=2, failed_dirty=1, drifted=1, settled_late=1, swept_offers=3),
                within_s=30,
            )
            assert taken is not None
            builder = next(one for one in taken.consumers if (one.stream, one.consumer) == ("LEDGER", "offer-builder"))
            assert builder.pending == 2, "nobody serves it here"
            assert 0 < builder.oldest_s < 60
            assert 0 < taken.oldest_unfinished_s < 60
            await eventually(lambda: _true(len(said()) >= 4), within_s=30)
            assert sorted(said()) == [
                ("raised", "DeadLetters"),
                ("raised", "Drift"),
                ("raised", "FailedDirty"),
                ("raised", "SettledLate"),
            ]
            operator = await connection.connect(place.settings, "topology")
            await operator.js.delete_msg("DLQ", 1)
            await operator.close()
            await place.run(stuck)
            assert await eventually(lambda: vitals(dead_letters=0, unfinished=1), within_s=30)
            await eventually(lambda: _true(len(said()) >= 6), within_s=30)
            assert sorted(said())[:2] == [("over", "DeadLetters"), ("over", "FailedDirty")]
    await edge.close()


async def _true(value: bool) -> bool:
    return value
