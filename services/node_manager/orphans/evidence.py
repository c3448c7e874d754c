"""What LEDGER and the records tell of an offer by its label.

Records are asked for at their leaders. A mirror may only speak for an offer, never against it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from bus.errors import Undecodable
from bus.operations import ledger
from bus.operations.facts import Operation
from schemas.facts import Activated, Rotated
from schemas.ids import OpId
from schemas.names import Name, name_key, parse_name
from schemas.records import NameRecord, OfferRecord
from schemas.requests import UsernameRegister, UsernameRotate
from services.node_manager.offers.offering import Label
from services.node_manager.orphans.judge import (
    Current,
    Forgotten,
    Former,
    Making,
    Mention,
    Unreadable,
    Verdict,
    by_name,
    by_offer,
    judge,
    making_of,
    paid_by,
    strongest,
)

OFFERS = "offers"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it is found; `names` is a mirror that is not suspect.

    Raises BusUnavailable, and one of `schemas.base.UNREADABLE` for a name's record that is none.
    """

    bus: Bus
    names: Mirror[NameRecord]

    async def judged(self, label: Label, *, payable: bool) -> Verdict:
        """What becomes of an active offer with this label, which was listed before."""
        operation, making = await self._made_by(label.op)
        mentions = await self._mentions(label, operation)
        later = {op for mention in mentions if isinstance(mention, Former) for op in mention.by}
        successors = [(await self._made_by(op))[1] for op in later]
        return judge(making, strongest(mentions), successors, payable=payable)

    async def _made_by(self, op: OpId) -> tuple[Operation | None, Making]:
        try:
            found = await ledger.find(self.bus, op)
            return (None, Forgotten()) if found is None else (found, making_of(found))
        except Undecodable:
            return None, Unreadable()

    async def _mentions(self, label: Label, operation: Operation | None) -> list[Mention]:
        # Whose node it is says nothing of whose the offer is: an owner may know the node under two keys.
        standing = await Bucket(self.bus, OFFERS, OfferRecord).settled(f"*.{label.offer}")
        records = [entry.value for entry in standing.values()]
        mentions = [by_offer(record, label.op) for record in records]
        for name in {*_asked(operation), *_behind(records)}:
            entry = await self.names.bucket.get(name_key(name))
            # A record from before what the operation wrote, as a backup might hold it, only speaks for an offer.
            if entry is not None and (paid_by(entry.value) == label.op or entry.revision >= _written(operation)):
                mentions.append(by_name(entry.value, label.op))
        if any(paid_by(entry.value) == label.op for entry in self.names.entries()):
            mentions.append(Current())
        return mentions


def _written(operation: Operation | None) -> float:
    """The revision of the name's record that the operation wrote last; infinite if that is not known."""
    if operation is None:
        return math.inf
    bodies = [fact.body for fact in operation.facts]
    return max((body.revision for body in bodies if isinstance(body, Activated | Rotated)), default=0)


def _asked(operation: Operation | None) -> Iterator[Name]:
    """The name that the operation made its offer for, if it did for one."""
    request = operation.request if operation else None
    if isinstance(request, UsernameRegister | UsernameRotate):
        name = parse_name(f"{request.username}@{request.domain}")
        if isinstance(name, Name):
            yield name


def _behind(records: list[OfferRecord]) -> Iterator[Name]:
    """The names that pay these offers."""
    for record in records:
        if record.name is not None and isinstance(name := parse_name(record.name), Name):
            yield name
