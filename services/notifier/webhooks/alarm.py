"""When a delivery is looked at again: an alarm on the bus, so that nobody has to stay alive for it."""

import time

from msgspec.structs import replace

from bus.client.connection import Bus
from bus.operations import timers
from bus.tables import subjects
from schemas.webhooks import DeliveryRef

SOON_S = 5.0
WAIT_MAX_S = 900.0


async def set_alarm(bus: Bus, ref: DeliveryRef, at: float) -> None:
    """Have some notifier look at `ref` at `at` (unix seconds); replaces the alarm it had. BusUnavailable."""
    timer, tick = subjects.delivery_timer(ref.id), subjects.delivery_tick(ref.id)
    await timers.schedule(bus, timer, tick, replace(ref, due=at), at)


def turn_comes_by(ahead: int | None, ack_wait_s: float) -> float:
    """When (unix seconds) somebody else should look at a delivery that waits in memory behind `ahead` others.

    Generous on purpose: it matters only if this process dies. None: it found no room to wait.
    """
    wait_s = WAIT_MAX_S if ahead is None else max(SOON_S, ack_wait_s) + ahead
    return time.time() + min(WAIT_MAX_S, wait_s)
