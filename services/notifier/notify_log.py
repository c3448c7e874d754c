"""What an owner has been told: NOTIFY's own newest message says up to which LEDGER sequence.

Notifications are written by rising LEDGER sequence, each by compare-and-set on the owner's subject, so one message is
all there is to remember, two replicas cannot write past each other, and no duplicate window is trusted. Retention never
takes the newest of a subject before the facts it speaks of are gone from LEDGER (both are kept 30 days).
"""

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from bus.client import direct
from bus.client.connection import Bus
from bus.client.publish import Conflict, Stored, publish
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import Owner
from schemas.notifications import Notification

STREAM = "NOTIFY"
REMEMBERED = 4096
"""Owners whose end is kept, to save looks."""


@dataclass(frozen=True, slots=True)
class End:
    """Where an owner's log ends: at NOTIFY sequence `last`, with the fact at LEDGER sequence `told` (0: nothing)."""

    last: int
    told: int


class NotifyLog:
    """The logs of all owners."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ends: OrderedDict[Owner, End] = OrderedDict()

    async def told(self, owner: Owner) -> int:
        """The LEDGER sequence of the newest fact that `owner` has been told; 0 if none."""
        end = self._ends.get(owner)
        if end is None:
            newest = await direct.last_of(self._bus, STREAM, subjects.notification(owner))
            end = End(newest[-1].seq, told_by(newest[-1].data)) if newest else End(0, 0)
            self._keep(owner, end)
        return end.told

    async def append(self, owner: Owner, notification: Notification) -> bool:
        """Tell `owner`, if nobody has since `told` looked; False: somebody did, ask `told` again."""
        end = self._ends.pop(owner, None)
        if end is None:
            return False
        payload = encode(notification)
        subject = subjects.notification(owner)
        answer = await publish(self._bus, subject, payload, msg_id=notification.id, expect_last=end.last)
        match answer:
            case Stored(seq=seq, duplicate=False):
                self._keep(owner, End(seq, told_by(payload)))
                return True
            case Stored() | Conflict():
                return False

    def _keep(self, owner: Owner, end: End) -> None:
        self._ends[owner] = end
        self._ends.move_to_end(owner)
        while len(self._ends) > REMEMBERED:
            self._ends.popitem(last=False)


def told_by(payload: bytes) -> int:
    """The LEDGER sequence of the fact that a stored notification speaks of."""
    return int(msgspec.json.decode(payload, type=Notification).id.partition(":")[2])
