"""What one look at a live name says of its DNS and of its chain. Pure."""

from typing import assert_never

from schemas.health import FINE, Reading
from services.dnssec_verifier.propagation.examine import Sound
from services.dnssec_verifier.propagation.trouble import Kind, Trouble


def readings(found: Sound | Trouble) -> tuple[Reading, Reading]:
    """The readings of `dns` and `dnssec`."""
    if isinstance(found, Sound):
        return FINE, FINE
    some = 0 < found.right < found.servers
    match found.kind:
        case Kind.NOT_PROPAGATED:
            reason = "servers-disagree" if some else "record-missing"
            return Reading(state="degraded" if some else "down", reason=reason, detail=found.detail), FINE
        case Kind.FOREIGN:
            return Reading(state="down", reason="foreign-record", detail=found.detail), FINE
        case Kind.BOGUS:
            # Some servers that sign wrongly are a matter of luck to a payer, all of them are the end.
            bogus = Reading(state="degraded" if some else "down", reason="chain-bogus", detail=found.detail)
            return FINE if found.servers else _unknown(found), bogus
        case Kind.INSECURE:
            return _unknown(found), Reading(state="down", reason="zone-unsigned", detail=found.detail)
        case Kind.UNKNOWN:
            return _unknown(found), Reading(state="unknown", reason="chain-unknown", detail=found.detail)
        case _ as never:
            assert_never(never)


def _unknown(found: Trouble) -> Reading:
    return Reading(state="unknown", reason="servers-silent", detail=found.detail)
