"""Step `begin` of what changes a live name: nobody but this operation may change it now, by compare-and-set.

One operation at a time per name: a second one is refused with `name-busy`, not queued, because the first may take as
long as caches live and its owner should see that at once. Undoing gives the name back as it was.
"""

from dataclasses import dataclass
from typing import assert_never

from msgspec.structs import replace

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Undone, UndoOutcome, Wait
from schemas.facts import Changing, Unchanged
from schemas.flows import Step
from schemas.names import Name, NameProblem, name_key
from schemas.offers import OfferTerms, changed, terms_problem
from schemas.records import NameRecord, NameState
from schemas.requests import UsernameRotate
from services.offer_builder import claims
from services.offer_builder.asked import asked_name, asked_text
from services.offer_builder.desk import Desk
from services.offer_builder.offers.of_names import terms_of
from services.offer_builder.refusals import CONTENDED, refuse


@dataclass(frozen=True, slots=True)
class Begin:
    """Handler of the step. `state` is what the record says of the name meanwhile; None: what it said before."""

    desk: Desk
    state: NameState | None = None

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Mark the record as changed by this operation, or refuse."""
        name = asked_name(op)
        if isinstance(name, NameProblem):
            return refuse(name.code, name.detail)
        match await self._access(op, name):
            case claims.Ours(record, revision):
                return await self._begun(op, name, record, revision)
            case claims.Changeable(record, revision):
                refused = await _offer_refused(self.desk, op, record)
                return refused or await self._take(op, name, record, revision)
            case claims.Busy():
                return refuse("name-busy")
            case claims.NotTheirs():
                return refuse("name-not-yours")
            case claims.NotLive():
                return refuse("name-unknown")
            case other:
                assert_never(other)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Give the name back, if it is this operation that holds it."""
        name = asked_name(op)
        if isinstance(name, NameProblem):
            return Undone(Unchanged(name=asked_text(op)))
        match await self._access(op, name):
            case claims.Ours(record, revision):
                stored = await self.desk.names.update(name_key(name), claims.unchanged(record), revision)
                return CONTENDED if stored is None else Undone(Unchanged(name=name.text))
            case claims.Changeable() | claims.Busy() | claims.NotTheirs() | claims.NotLive():
                return Undone(Unchanged(name=name.text))
            case other:
                assert_never(other)

    async def _take(self, op: Operation, name: Name, record: NameRecord, revision: int) -> Done | Fail | Wait:
        held = replace(record, state=self.state or record.state, changing=op.ref.op)
        stored = await self.desk.names.update(name_key(name), held, revision)
        return CONTENDED if stored is None else await self._begun(op, name, held, stored)

    async def _begun(self, op: Operation, name: Name, record: NameRecord, revision: int) -> Done | Fail:
        if record.uri is None:
            return Fail("internal", "the live name has no URI")
        published = await self.desk.published.get(name_key(name))
        rotates = isinstance(op.request, UsernameRotate)
        terms = _asked(op, (await terms_of(self.desk.offers, record))[0]) if rotates else None
        return Done(
            Changing(
                name=name.text,
                owner_name=name.owner_name,
                uri=record.uri,
                ttl_s=published.value.ttl_s if published else self.desk.settings.record_ttl_s,
                node_id=record.node_id,
                offer_op=record.offer_op or record.op,
                offer_expires_at=record.offer_expires_at,
                offer_id=record.op if rotates else "",
                terms=terms,
                revision=revision,
            )
        )

    async def _access(self, op: Operation, name: Name) -> claims.Access:
        entry = await self.desk.names.get(name_key(name))
        return claims.access(entry.value if entry else None, entry.revision if entry else 0, op.ref)


async def _offer_refused(desk: Desk, op: Operation, record: NameRecord) -> Fail | None:
    """Why a rotation cannot make of the name's offer what it asks for; None: it can.

    A payer of a name reads whom they pay, and what a name pays is renewed by us: both are not its owner's to say.
    """
    request = op.request
    if not isinstance(request, UsernameRotate):
        return None
    terms, revision = await terms_of(desk.offers, record)
    if request.offer_revision not in (None, revision):
        return refuse("offer-changed")
    if request.terms is None:
        return None
    if request.terms.issuer is not None or request.terms.expires_at is not None:
        return refuse("offer-terms-invalid", "the issuer and the expiry of a name's offer are not its owner's to say")
    problem = terms_problem(_asked(op, terms), desk.clock())
    return refuse("offer-terms-invalid", problem) if problem else None


def _asked(op: Operation, terms: OfferTerms) -> OfferTerms:
    asked = op.request.terms if isinstance(op.request, UsernameRotate) else None
    return changed(terms, asked) if asked else terms


def changing_of(op: Operation) -> Changing:
    """The fact `changing` of `op`; LookupError if it has none."""
    changing = op.body("changing")
    if not isinstance(changing, Changing):
        raise LookupError(f"operation {op.ref.op} is not changing a name")
    return changing
