"""What the steps of operators' records share: the name, its place in the table, and what it paid before."""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Fail
from schemas.domains import record_domains
from schemas.facts import Former
from schemas.names import Name, NameProblem, name_key
from schemas.records import NameRecord
from schemas.settings import Settings
from services.offer_builder.asked import asked_name, asked_text
from services.offer_builder.desk import Desk
from services.offer_builder.records.access import Access, Busy, Held, Owned, Resting, Standing, Vacant, access
from services.offer_builder.refusals import refuse


def recordable(op: Operation, settings: Settings) -> Name | Fail:
    """The name that `op` is about, if an operator may have a record there. Whoever asked, the rules are checked."""
    name = asked_name(op)
    if isinstance(name, NameProblem):
        return refuse(name.code, name.detail)
    if name.text != asked_text(op):
        return refuse("username-invalid", "the name is not written in lower case")
    if name.domain not in record_domains(settings):
        return refuse("domain-unknown", "we publish nothing in that domain")
    return name


@dataclass(frozen=True, slots=True)
class Approached:
    """A name that an operator's operation may ask for, and how it stands."""

    name: Name
    access: Vacant | Standing | Held | Resting


async def approach(desk: Desk, op: Operation) -> Approached | Fail:
    """The name that `op` is about; refused where it is a seller's, or another operation's for now."""
    name = recordable(op, desk.settings)
    if isinstance(name, Fail):
        return name
    match await access_of(desk, op, name):
        case Busy():
            return refuse("name-busy")
        case Owned():
            return refuse("name-owned")
        case Vacant() | Standing() | Held() | Resting() as found:
            return Approached(name, found)
        case other:
            assert_never(other)


async def access_of(desk: Desk, op: Operation, name: Name) -> Access:
    """What the name's record means to `op`, by the leader."""
    entry, revision = await desk.names.standing(name_key(name))
    return access(entry.value if entry else None, revision, op.ref, desk.clock())


async def former_of(desk: Desk, name: Name, record: NameRecord) -> Former | None:
    """What `record` paid up to now; None for a new one."""
    if record.state == "reserved" or record.uri is None:
        return None
    view = await desk.published.get(name_key(name))
    return Former(
        uri=record.uri,
        ttl_s=view.value.ttl_s if view else desk.settings.record_ttl_s,
        op=view.value.op if view else record.offer_op or record.op,
        offer_expires_at=record.offer_expires_at,
    )
