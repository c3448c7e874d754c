"""Operations that change a live name, brought to node-manager's last step by stating the facts before it."""

from bus import ledger, slip
from bus.connection import connect
from bus.operation import OpRef
from schemas.facts import Absent, AnyFact, Changing, Gone, Quarantined, Removed
from schemas.flows import WorkerName
from schemas.requests import UsernameRelease

from .place import Person, Place


async def releasing(place: Place, person: Person, key: str, node_id: str, offer_op: str) -> OpRef:
    """A `username.release` that is told to retire what operation `offer_op` made on `node_id`."""
    request = UsernameRelease(
        op=person.op(key),
        owner=person.owner,
        pubkey=person.pubkey,
        body_sha256="00" * 32,
        asked_at="2026-01-01T00:00:00.000Z",
        username="alice",
        domain="shop.test",
    )
    changing = Changing(
        name="alice@shop.test",
        owner_name="alice.user._bitcoin-payment.shop.test.",
        uri="bitcoin:?lno=x",
        ttl_s=300,
        node_id=node_id,
        offer_op=offer_op,
        revision=1,
    )
    said: tuple[tuple[WorkerName, AnyFact], ...] = (
        ("offer-builder", changing),
        ("dns-publisher", Removed(owner_name="o", zone="z", ttl_s=300)),
        (
            "dnssec-verifier",
            Absent(probes=(), verdict="secure", valid_from=1, valid_until=2, at=0.0, settles_at=0.0, zones=()),
        ),
        ("dnssec-verifier", Gone(verdict="secure", authoritative=())),
        ("offer-builder", Quarantined(name="alice@shop.test", until=1.0, revision=2)),
    )
    buses = {identity: await connect(place.settings, identity) for identity, _ in said}
    try:
        op = await ledger.open_operation(buses["offer-builder"], request)
        for identity, fact in said:
            answer = await ledger.append(buses[identity], op, slip.advance(op, fact))
            assert isinstance(answer, ledger.Committed)
            op = answer.op
    finally:
        for bus in buses.values():
            await bus.close()
    return op.ref
