"""The notifier's jobs, each under the bus's own policy, until it is told to stop."""

import asyncio
from collections.abc import Callable

from bus.client import clock
from bus.client.connection import Bus
from bus.client.pull import Puller
from bus.rounds.sweeper import run_sweeper
from bus.tables.streams import ADVISORY_DURABLE, RELAY_DURABLE, ConsumerSpec, consumer
from bus.workers.attendant import Attendant
from bus.workers.running import run_worker
from bus.workers.trials import Trials
from schemas.flows import WorkerName
from services.notifier.advisories import Advisories
from services.notifier.lists import run_lists
from services.notifier.relay import Relay
from services.notifier.vigil import Vigil
from services.notifier.webhooks.handlers.table import handlers
from services.notifier.webhooks.service import running_webhooks

WORKER: WorkerName = "notifier"
CONCURRENCY = 32


async def run_notifier(
    bus: Bus, stopping: asyncio.Event, ready: Callable[[], None] = lambda: None, *, sec: Bus | None = None
) -> None:
    """Tell, fold, list, bury, sweep and call webhooks until `stopping`; `ready` is called once all of it has begun.

    `sec` is the connection as `sec-notifier`, None on a bus without authentication. SettingError before anything has
    begun if a setting cannot be used.
    """
    async with running_webhooks(bus, sec) as desk:
        working = asyncio.create_task(run_worker(bus, WORKER, handlers(desk), stopping))
        listing = asyncio.create_task(run_lists(bus, stopping), name="lists")
        try:
            await _tell(bus, stopping, ready)
        finally:
            stopping.set()
            await working
            await listing


async def _tell(bus: Bus, stopping: asyncio.Event, ready: Callable[[], None]) -> None:
    relay, advisories, trials = Relay(bus), Advisories(bus), Trials(bus)
    facts, given_up = consumer("LEDGER", WORKER), consumer("ADVISORY", ADVISORY_DURABLE)
    ticks = consumer("TIMERS", RELAY_DURABLE)
    pullers = [
        _puller(bus, facts, Attendant(bus, facts, relay.on_fact, relay.give_up, trials)),
        _puller(bus, ticks, Attendant(bus, ticks, relay.on_tick, relay.give_up, trials)),
        _puller(bus, given_up, Attendant(bus, given_up, advisories.on_advisory, advisories.give_up, trials)),
    ]
    async with clock.kept_right(bus):
        for puller in pullers:
            await puller.start()
        ready()
        try:
            await run_sweeper(bus, stopping, Vigil(bus).look)
            await stopping.wait()
        finally:
            await asyncio.gather(*(puller.stop() for puller in pullers))


def _puller(bus: Bus, spec: ConsumerSpec, attendant: Attendant) -> Puller:
    return Puller(bus, spec.stream, spec.name, attendant.on_message, concurrency=CONCURRENCY)
