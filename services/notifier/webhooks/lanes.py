"""How many attempts run at once: a few for each receiver, and never one receiver's wait in another's way. Pure.

Who finds no free slot waits here, in memory, in its receiver's own lane; its alarm on the bus is what brings it back if
this process dies. What does not even find room to wait has only its alarm.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from schemas.webhooks import DeliveryId, DeliveryRef, WebhookId

PER_RECEIVER = 4
PER_FAILING_RECEIVER = 1
PER_PROCESS = 256
WAITING_PER_RECEIVER = 512
WAITING_PER_PROCESS = 16_384


@dataclass(slots=True)
class _Lane:
    running: int = 0
    failing: bool = False
    waiting: "OrderedDict[DeliveryId, DeliveryRef]" = field(default_factory=OrderedDict)

    @property
    def has_room(self) -> bool:
        return self.running < (PER_FAILING_RECEIVER if self.failing else PER_RECEIVER)


class Lanes:
    """Single-threaded: every method is atomic."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[WebhookId, _Lane] = OrderedDict()
        self._running = 0
        self._waiting = 0

    def enter(self, webhook_id: WebhookId, *, failing: bool) -> bool:
        """Whether an attempt may begin now; if so, `leave` has to be called when it has ended.

        A receiver that has done nothing but fail gets one at a time: one is enough to see whether it is back.
        """
        lane = self._lanes.setdefault(webhook_id, _Lane())
        lane.failing = failing
        may = lane.has_room and self._running < PER_PROCESS
        if may:
            lane.running += 1
            self._running += 1
        self._tidy(webhook_id)
        return may

    def leave(self, webhook_id: WebhookId) -> None:
        """An attempt has ended."""
        self._lanes[webhook_id].running -= 1
        self._running -= 1
        self._tidy(webhook_id)

    def ahead_of(self, ref: DeliveryRef) -> int | None:
        """How many of its receiver's wait before `ref`, or would; None if there is no room to wait."""
        lane = self._lanes.get(ref.webhook_id, _Lane())
        full = len(lane.waiting) >= WAITING_PER_RECEIVER or self._waiting >= WAITING_PER_PROCESS
        return None if full and ref.id not in lane.waiting else len(lane.waiting)

    def wait(self, ref: DeliveryRef) -> bool:
        """Have `ref` wait for a slot; False if there is no room."""
        lane = self._lanes.get(ref.webhook_id, _Lane())
        if ref.id in lane.waiting:
            return True
        if self.ahead_of(ref) is None:
            return False
        self._lanes[ref.webhook_id] = lane
        lane.waiting[ref.id] = ref
        self._waiting += 1
        return True

    def next(self) -> DeliveryRef | None:
        """Somebody who waited and may begin now, from each lane in turn; `leave` has to be called when it has ended."""
        if self._running >= PER_PROCESS:
            return None
        for webhook_id, lane in self._lanes.items():
            if lane.waiting and lane.has_room:
                _, ref = lane.waiting.popitem(last=False)
                self._waiting -= 1
                lane.running += 1
                self._running += 1
                self._lanes.move_to_end(webhook_id)
                return ref
        return None

    @property
    def running(self) -> int:
        """Attempts under way."""
        return self._running

    @property
    def waiting(self) -> int:
        """Deliveries that wait for a slot."""
        return self._waiting

    def _tidy(self, webhook_id: WebhookId) -> None:
        lane = self._lanes[webhook_id]
        if not lane.running and not lane.waiting:
            del self._lanes[webhook_id]
