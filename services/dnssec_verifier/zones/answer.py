"""Whether a zone may be changed now, as dns-publisher asks it right before it does
(`bus.tables.subjects.ZONE_LOOK`)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import structlog

from schemas.base import UNREADABLE, Wire
from schemas.zone_look import ZoneLook, ZoneLooked
from schemas.zones import is_zone
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.zones.conditions import Want
from services.dnssec_verifier.zones.gates import GATES
from services.dnssec_verifier.zones.look import ZoneLooker
from services.dnssec_verifier.zones.streak import missing

LONGEST_QUESTION = 8192

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class ZoneAnswers:
    """Answers with a look of its own, never with what is remembered."""

    looker: ZoneLooker

    async def answer(self, asked: ZoneLook) -> ZoneLooked:
        """One look, judged by the gate that is asked for."""
        gate = GATES.get((asked.flow, asked.step))
        if gate is None or not is_zone(asked.zone):
            return ZoneLooked(is_open=False, detail="there is no such gate, or no such zone")
        seen = await self.looker.look(absolute(asked.zone + "."))
        closed = missing(gate, seen, Want(frozenset(asked.former), frozenset(asked.ds)))
        log.info("zone.looked", zone=asked.zone, gate=f"{asked.flow}/{asked.step}", closed=closed)
        return ZoneLooked(is_open=closed is None, detail=closed or "")


def zone_looking(answers: ZoneAnswers) -> Callable[[bytes], Awaitable[Wire]]:
    """`answers` as they are asked for on the bus."""

    async def answer(payload: bytes) -> ZoneLooked:
        try:
            asked = msgspec.json.decode(payload[:LONGEST_QUESTION], type=ZoneLook)
        except UNREADABLE:
            return ZoneLooked(is_open=False, detail="not a question about a zone")
        return await answers.answer(asked)

    return answer
