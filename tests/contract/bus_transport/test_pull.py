"""The continuous pull consumer against a real server: resend, no ack, reconnect, close, concurrency."""

import asyncio
import time
from contextlib import AsyncExitStack

from nats.aio.msg import Msg

from bus.client.connection import Bus
from bus.client.publish import publish
from bus.client.pull import Puller
from bus.servers.embedded import EmbeddedServer
from bus.servers.topology import apply
from bus.tables.streams import ADVISORY_DURABLE, CONSUMERS

from .conftest import Connect, Until

DURABLE = "ingress-node-manager"


class Collector:
    """A handler that records subjects with the time, and acknowledges if told to."""

    def __init__(self, *, ack: bool = True, fail_first: int = 0) -> None:
        self.seen: list[tuple[float, str, int]] = []
        self.ack, self.fail_first = ack, fail_first

    async def __call__(self, msg: Msg) -> None:
        self.seen.append((time.monotonic(), msg.subject, msg.metadata.num_delivered))
        if len(self.seen) <= self.fail_first:
            raise RuntimeError("not today")
        if self.ack:
            await msg.ack()

    @property
    def subjects(self) -> list[str]:
        return [subject for _, subject, _ in self.seen]


def puller(bus: Bus, handler: Collector, **options: int) -> Puller:
    return Puller(bus, "INGRESS", DURABLE, handler, **options)


async def ask(edge: Bus, op: str) -> None:
    await publish(edge, f"req.v1.node.register.{op}", op.encode())


async def test_what_is_not_acknowledged_comes_back(join: Connect, until: Until) -> None:
    worker, edge, handler = await join("node-manager"), await join("edge"), Collector(ack=False)
    pulling = puller(worker, handler)
    await pulling.start()
    await ask(edge, "a")
    await until(lambda: len(handler.seen) == 2)
    assert [delivered for _, _, delivered in handler.seen] == [1, 2]
    await pulling.stop()


async def test_a_handler_that_raises_sees_the_message_again(join: Connect, until: Until) -> None:
    worker, edge, handler = await join("node-manager"), await join("edge"), Collector(fail_first=1)
    pulling = puller(worker, handler)
    await pulling.start()
    await ask(edge, "a")
    await until(lambda: len(handler.seen) == 2)
    await pulling.stop()
    assert handler.subjects == ["req.v1.node.register.a"] * 2


async def test_reconnect_in_the_middle_of_a_pull(server: EmbeddedServer, join: Connect, until: Until) -> None:
    worker, edge, handler = await join("node-manager"), await join("edge"), Collector()
    pulling = puller(worker, handler)
    await pulling.start()
    await ask(edge, "a")
    await until(lambda: len(handler.seen) == 1)
    for op in ("b", "c", "d"):  # an acknowledgement may die with the server: then its message comes again
        subject = f"req.v1.node.register.{op}"
        await server.kill()
        asking = asyncio.create_task(ask(edge, op))
        await server.start()
        back = time.monotonic()
        await asking
        await until(lambda wanted=subject: wanted in handler.subjects)  # type: ignore[misc]  # binds the loop's value
        arrived = next(at for at, seen, _ in handler.seen if seen == subject)
        print(f"first message {1000 * (arrived - back):.1f} ms after the server was back")
    await pulling.stop()


async def test_messages_that_waited_through_an_outage_arrive(
    server: EmbeddedServer, join: Connect, until: Until
) -> None:
    worker, edge, handler = await join("node-manager"), await join("edge"), Collector()
    for op in ("a", "b", "c"):
        await ask(edge, op)
    await server.kill()
    pulling = puller(worker, handler)
    await pulling.start()  # while nobody answers
    await server.start()
    await until(lambda: len(handler.seen) == 3)
    await pulling.stop()


async def test_a_consumer_that_is_made_again_is_found_again(join: Connect, until: Until) -> None:
    worker, edge, admin, handler = await join("node-manager"), await join("edge"), await join("topology"), Collector()
    pulling = puller(worker, handler)
    await pulling.start()
    await ask(edge, "a")
    await until(lambda: len(handler.seen) == 1)
    await admin.nc.request(f"$JS.API.CONSUMER.DELETE.INGRESS.{DURABLE}", b"", timeout=5)
    await apply(admin)
    await ask(edge, "b")
    await until(lambda: "req.v1.node.register.b" in handler.subjects)
    await pulling.stop()


async def test_closing_while_consuming_hands_back_and_finishes(join: Connect, until: Until) -> None:
    edge, worker, other = await join("edge"), await join("node-manager"), await join("node-manager")
    begun, done = 0, 0
    leave = asyncio.Event()

    async def slow(msg: Msg) -> None:
        nonlocal begun, done
        begun += 1
        await leave.wait()
        await msg.ack()
        done += 1

    pulling = Puller(worker, "INGRESS", DURABLE, slow, concurrency=2, batch=4)
    await pulling.start()
    for op in ("a", "b", "c", "d", "e", "f"):
        await ask(edge, op)
    await until(lambda: pulling.active == 4)
    stopping = asyncio.create_task(pulling.stop())
    await asyncio.sleep(0)
    leave.set()
    await stopping
    assert begun == done == 2
    rest = Collector()
    again = puller(other, rest)
    await again.start()
    await until(lambda: len(set(rest.subjects)) == 4)
    await again.stop()
    assert len(set(rest.subjects)) == 4


async def test_never_more_handlers_than_allowed(join: Connect, until: Until) -> None:
    edge, worker = await join("edge"), await join("node-manager")
    running, most, total = 0, 0, 0

    async def handler(msg: Msg) -> None:
        nonlocal running, most, total
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        total += 1
        await msg.ack()

    pulling = Puller(worker, "INGRESS", DURABLE, handler, concurrency=3)
    await pulling.start()
    await asyncio.gather(*(ask(edge, f"op{number}") for number in range(30)))
    await until(lambda: total == 30)
    await pulling.stop()
    assert most == 3


async def test_every_durable_can_be_read_by_its_owner(join: Connect, until: Until) -> None:
    async with AsyncExitStack() as stack:
        pullers = []
        for spec in CONSUMERS:
            bus = await join(spec.owner)
            pulling = Puller(bus, spec.stream, spec.name, Collector())
            await pulling.start()
            stack.push_async_callback(pulling.stop)
            pullers.append(pulling)
        await until(lambda: all(pulling.quiet_s < 2 for pulling in pullers))


async def test_what_nobody_could_handle_is_announced(join: Connect, until: Until) -> None:
    worker, edge, notifier = await join("node-manager"), await join("edge"), await join("notifier")
    told: list[str] = []

    async def refuse(msg: Msg) -> None:
        await msg.nak()

    async def hear(msg: Msg) -> None:
        told.append(msg.subject)
        await msg.ack()

    refusing = Puller(worker, "INGRESS", DURABLE, refuse)
    hearing = Puller(notifier, "ADVISORY", ADVISORY_DURABLE, hear)
    await refusing.start()
    await hearing.start()
    await ask(edge, "a")
    await until(lambda: len(told) == 1)
    assert told == [f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.INGRESS.{DURABLE}"]
    await refusing.stop()
    await hearing.stop()


async def test_a_long_silence_is_not_mistaken_for_work(join: Connect, until: Until) -> None:
    worker, edge, handler = await join("node-manager"), await join("edge"), Collector()
    pulling = puller(worker, handler)
    await pulling.start()
    started = time.monotonic()
    await until(lambda: time.monotonic() - started > 3.5)  # longer than the patience with a silent server
    assert pulling.restarts == 0
    await ask(edge, "a")
    await until(lambda: len(handler.seen) == 1)
    await pulling.stop()
