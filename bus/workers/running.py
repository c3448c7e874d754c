"""A worker: its consumers of INGRESS, LEDGER and TIMERS, each under the same policy, until it is told to stop.

Guarantees: every step that the flows give to this worker has a handler, or the worker refuses to start; on
`stopping` no new message is taken, running handlers may finish for up to `ack_wait_s`, and the rest is handed to
another replica.
"""

import asyncio
from collections.abc import Iterator

import structlog

from bus.client import clock
from bus.client.connection import Bus
from bus.client.pull import Puller
from bus.requests.ingress import Ingress
from bus.tables.streams import CONSUMERS, ConsumerSpec, steps_durable, tick_durable
from bus.workers.attendant import Attendant
from bus.workers.steps import Handlers, Steps
from bus.workers.trials import Trials
from schemas.flows import FLOWS, WorkerName

log = structlog.stdlib.get_logger("bus")

CONCURRENCY = 32
"""Messages of one durable worked on at a time by one process (the durable allows 64 to all replicas together)."""


async def run_worker(bus: Bus, name: WorkerName, handlers: Handlers, stopping: asyncio.Event) -> None:
    """Run worker `name` until `stopping`; `handlers` maps (flow, step name) to what acts and undoes.

    ValueError if a step of this worker has no handler, or a handler is for a step that is not this worker's.
    """
    _check(name, handlers)
    steps = Steps(bus, name, handlers)
    pullers = [
        Puller(bus, consumer.stream, consumer.name, attendant.on_message, concurrency=CONCURRENCY)
        for consumer, attendant in _attendants(bus, name, steps)
    ]
    async with clock.kept_right(bus):
        for puller in pullers:
            await puller.start()
        log.info("worker.started", worker=name, consumers=[puller.durable for puller in pullers])
        try:
            await stopping.wait()
        finally:
            await asyncio.gather(*(puller.stop() for puller in pullers))
            log.info("worker.stopped", worker=name)


def _attendants(bus: Bus, name: WorkerName, steps: Steps) -> Iterator[tuple[ConsumerSpec, Attendant]]:
    ingress, trials = Ingress(bus), Trials(bus)
    for consumer in CONSUMERS:
        if consumer.owner != name:
            continue
        match consumer.stream:
            case "INGRESS":
                yield consumer, Attendant(bus, consumer, ingress.on_request, ingress.give_up, trials)
            case "LEDGER" if consumer.name == steps_durable(name):
                yield consumer, Attendant(bus, consumer, steps.on_fact, steps.give_up_fact, trials)
            case "TIMERS" if consumer.name == tick_durable(name):
                yield consumer, Attendant(bus, consumer, steps.on_tick, steps.give_up_tick, trials)


def _check(name: WorkerName, handlers: Handlers) -> None:
    wanted = {(flow.name, step.name) for flow in FLOWS.values() for step in flow.steps if step.worker == name}
    wrong = sorted(f"{flow} {step}" for flow, step in wanted.symmetric_difference(handlers))
    if wrong:
        raise ValueError(f"{name}: no handler for, or not a step of it: {', '.join(wrong)}")


__all__ = ["CONCURRENCY", "Handlers", "run_worker"]
