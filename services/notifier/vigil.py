"""Keeping an eye on the bus: the bucket `vitals` holds how it is, and what is alarming is logged as `alert`.

One notifier looks at a time: the one that sweeps. Whoever takes over begins anew and says again what is still alarming.
"""

import asyncio
import math

import structlog

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.errors import BusRefused, BusUnavailable
from bus.rounds.alarms import Alarms, News
from bus.rounds.sweeper import OpenOperations
from bus.rounds.vitals import collect
from schemas.vitals import VITALS_BUCKET, VITALS_KEY, Vitals, samples_of

log = structlog.stdlib.get_logger("notifier")

EVERY_S = 15.0


class Vigil:
    """Looks when asked to, but at most every `EVERY_S` seconds."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._bucket = Bucket(bus, VITALS_BUCKET, Vitals)
        self._alarms = Alarms()
        self._looked_at = -math.inf

    async def look(self, known: OpenOperations) -> None:
        """Take the vitals, keep them, say what is alarming. What cannot be learned now is learned next time."""
        now, tick = self._bus.clock.now(), asyncio.get_running_loop().time()
        if tick - self._looked_at < EVERY_S:
            return
        try:
            vitals = await collect(self._bus, known, now)
            await self._bucket.put(VITALS_KEY, vitals)
        except (BusUnavailable, BusRefused) as error:
            log.warning("vitals.untaken", error=type(error).__name__)
            return
        self._looked_at = tick
        for news in self._alarms.hear(samples_of(vitals), now):
            _say(news)


def _say(news: News) -> None:
    say = log.info if news.what == "over" else log.error
    say("alert", what=news.what, name=news.alert.name, value=news.value, **news.labels)
