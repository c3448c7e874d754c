"""Step `begin`: what stands at the parent before anything is changed, and the zone made this operation's alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import dns.rdatatype

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas import facts
from schemas.facts import Evidence
from schemas.flows import Step
from schemas.requests import ZoneHold, ZoneResume, ZoneSign
from schemas.signing import SignedZone
from schemas.zones import moving_s
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.zones.conditions import Want
from services.dnssec_verifier.zones.desk import Busy, Claimed, OnHold, is_mine
from services.dnssec_verifier.zones.gates import GATES
from services.dnssec_verifier.zones.looking import HELD_S, ZoneTools, look_at, wait
from services.dnssec_verifier.zones.op import request_of
from services.dnssec_verifier.zones.seen import ZoneSeen
from services.dnssec_verifier.zones.streak import Open, missing

DS_TTL_S = 86_400
"""What registries give a DS; only for what does not stand yet."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The handler. `zones` are those that the setting allows to sign."""

    tools: ZoneTools
    zones: Mapping[str, SignedZone]

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Claim the zone if it may be changed as was asked; leaves nothing behind if not."""
        request = request_of(op)
        known = self.zones.get(request.zone)
        if known is None or isinstance(request, ZoneHold | ZoneResume):
            return Fail("zone-not-ours", f"{request.zone} is not among the zones we sign", clean=True)
        parent = request.parent or known.parent
        if parent == "rfc2136" and known.update is None:
            return Fail("zone-not-ours", f"the parent of {request.zone} is not known to take updates", clean=True)
        seen = await self.tools.looker.look(absolute(request.zone + "."))
        if seen.parent_is_unsigned:
            return Fail("zone-parent-unsigned", seen.trouble, clean=True)
        former = tuple(sorted(seen.at_parent or ()))
        closed = missing(GATES[op.flow.name, step.name], seen, Want(frozenset(former), frozenset()))
        if closed is not None:
            return self._closed(op, step, seen, closed)
        claim = await self.tools.desk.claim(op, request.zone, former, seen.at, seen.ttl_s(dns.rdatatype.DNSKEY))
        match claim:
            case Busy(op=other):
                return Fail("zone-busy", f"operation {other} changes it", clean=True)
            case OnHold(hold=hold):
                return Fail("zone-held", hold.reason, clean=True)
            case Claimed():
                return Done(self._fact(request.zone, known, seen, op))
            case _ as never:
                assert_never(never)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Let the zone go, once what stood at the parent before stands there again."""
        claimed = op.body("zone-claimed")
        zone = request_of(op).zone
        record = await self.tools.desk.standing(zone)
        if record is not None and is_mine(record, op):
            if record.held is not None:
                return Wait(HELD_S, "the zone is held")
            if claimed is not None and op.flow.name != "zone.sign":
                looked = await look_at(self.tools, op, f"undo-{step.name}", record)
                if not isinstance(looked.judged, Open):
                    return wait(self.tools, looked.judged, self.tools.clock() - op.moved_at)
            await self.tools.desk.free(op, zone, self.tools.clock())
        return Undone(facts.ZoneFreed(zone=zone))

    def _closed(self, op: Operation, step: Step, seen: ZoneSeen, detail: str) -> Outcome:
        waited_s = moving_s(op.moved_at, self.tools.clock(), ())
        asked_to_sign = isinstance(op.request, ZoneSign)
        if asked_to_sign and seen.at_parent:
            return Fail("zone-has-ds", detail, clean=True)
        if not asked_to_sign and seen.at_parent == frozenset():
            return Fail("zone-has-no-ds", detail, clean=True)
        if waited_s > GATES[op.flow.name, step.name].patience_s:
            return Fail("zone-gate-closed", detail)
        return Wait(self.tools.fast_s, detail)

    def _fact(self, zone: str, known: SignedZone, seen: ZoneSeen, op: Operation) -> facts.ZoneClaimed:
        request = op.request
        seen_ttl_s = seen.ttl_s(dns.rdatatype.SOA, dns.rdatatype.NS, dns.rdatatype.DNSKEY)
        asked_ttl_s = request.max_ttl_s if isinstance(request, ZoneSign) else 0
        return facts.ZoneClaimed(
            zone=zone,
            signer=known.signer,
            parent=getattr(request, "parent", None) or known.parent,
            former=tuple(sorted(seen.at_parent or ())),
            ds_ttl_s=seen.ds_ttl_s or (known.update.ttl_s if known.update else DS_TTL_S),
            was_signed=seen.is_signed_somewhere,
            max_ttl_s=max(seen_ttl_s, asked_ttl_s),
            evidence=Evidence(
                since=seen.at, at=seen.at, looks=1, lasting_s=0, because="what stood before", probes=seen.probes
            ),
        )
