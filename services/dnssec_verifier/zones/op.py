"""What an operation on a zone says about itself, read from its facts."""

from bus.operations.facts import Operation
from schemas.facts import DsAtParent, ZoneClaimed, ZoneDsReady
from schemas.requests import ZoneHold, ZoneResume, ZoneRoll, ZoneSign, ZoneUnsign
from schemas.zones import Ds

AnyZoneRequest = ZoneSign | ZoneUnsign | ZoneRoll | ZoneHold | ZoneResume


def request_of(op: Operation) -> AnyZoneRequest:
    """What was asked for; TypeError if it is not about a zone."""
    if not isinstance(op.request, AnyZoneRequest):
        raise TypeError(f"operation {op.ref.op} is not about a zone")
    return op.request


def claimed_of(op: Operation) -> ZoneClaimed:
    """The fact `zone-claimed`; TypeError if there is none."""
    claimed = op.body("zone-claimed")
    if not isinstance(claimed, ZoneClaimed):
        raise TypeError(f"operation {op.ref.op} has claimed no zone")
    return claimed


def ready_ds_of(op: Operation) -> tuple[Ds, ...] | None:
    """The DS set that was found to hold; None before that."""
    ready = op.body("zone-ds-ready")
    return ready.ds if isinstance(ready, ZoneDsReady) else None


def ds_ttl_of(op: Operation) -> int:
    """Seconds a cache may keep the DS that the operation takes away."""
    seen = op.body("ds-at-parent")
    known = seen.ttl_s if isinstance(seen, DsAtParent) and op.flow.name == "zone.sign" else 0
    return known or claimed_of(op).ds_ttl_s
