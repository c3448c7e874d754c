"""The notifier's jobs, each under the bus's own policy, until it is told to stop."""

import asyncio
from collections.abc import Callable

from bus.attendant import Attendant
from bus.connection import Bus
from bus.pull import Puller
from bus.streams import ADVISORY_DURABLE, CONSUMERS, ConsumerSpec, tick_durable
from bus.sweeper import run_sweeper
from bus.trials import Trials
from services.notifier.advisories import Advisories
from services.notifier.relay import Relay
from services.notifier.vigil import Vigil

CONCURRENCY = 32


async def run_notifier(bus: Bus, stopping: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Tell, fold, bury and sweep until `stopping`; `ready` is called once all of it has begun."""
    relay, advisories, trials = Relay(bus), Advisories(bus), Trials(bus)
    facts, given_up = _consumer("LEDGER", "notifier"), _consumer("ADVISORY", ADVISORY_DURABLE)
    ticks = _consumer("TIMERS", tick_durable("notifier"))
    pullers = [
        _puller(bus, facts, Attendant(bus, facts, relay.on_fact, relay.give_up, trials)),
        _puller(bus, ticks, Attendant(bus, ticks, relay.on_tick, relay.give_up, trials)),
        _puller(bus, given_up, Attendant(bus, given_up, advisories.on_advisory, advisories.give_up, trials)),
    ]
    for puller in pullers:
        await puller.start()
    ready()
    try:
        await run_sweeper(bus, stopping, Vigil(bus).look)
        await stopping.wait()
    finally:
        await asyncio.gather(*(puller.stop() for puller in pullers))


def _puller(bus: Bus, consumer: ConsumerSpec, attendant: Attendant) -> Puller:
    return Puller(bus, consumer.stream, consumer.name, attendant.on_message, concurrency=CONCURRENCY)


def _consumer(stream: str, name: str) -> ConsumerSpec:
    return next(spec for spec in CONSUMERS if (spec.stream, spec.name) == (stream, name))
