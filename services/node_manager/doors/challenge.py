"""One process's doors for boxes: `sec.door.device.<instance>` gives a device out, `sec.door.answer.<instance>` takes in
the sealed answer for it, or the sealed access to a node that its owner runs. A hostile message gets a refusal or
silence; it never ends the door, and is never logged.
"""

import asyncio
from collections.abc import Callable, Coroutine

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus.client.connection import Bus
from bus.secrets.sealed import SealingPair
from bus.tables import subjects
from schemas.base import UNREADABLE
from schemas.doors import ClnAccess, Device, DeviceReply, DeviceWanted, HeldAccess, HeldAnswer
from schemas.greenlight.device import DEFAULT_NAME, DeviceKey
from schemas.greenlight.rune import method_restriction
from schemas.ids import OpId, Owner
from schemas.sealed import SeedAccepted, SeedDelivery, SeedRefused
from services.node_manager.doors.checking import Asked, checked, opened
from services.node_manager.doors.held import HOLD_S, Held, Holdings, respond, unsubscribe
from services.node_manager.doors.own_node import usable
from services.node_manager.greenlight.scheduler import Scheduler
from services.node_manager.methods import METHOD_NAMES

BUSY = 256
"""Messages served at once; more are dropped, and whoever asked asks again."""
_NODE_ID_BYTES = 33

Serve = Callable[[Msg], Coroutine[None, None, None]]

_log = structlog.stdlib.get_logger("node-manager")

Arrived = Callable[[Owner, OpId], Coroutine[None, None, bool]]
"""Called when something came through a door, so that what waits for it goes on at once; False: nobody needs it."""


class ChallengeDoor:
    """`sec` is the connection as `sec-node-manager`; answers are sealed to `pair`; `clock` gives unix seconds."""

    def __init__(
        self,
        sec: Bus,
        pair: SealingPair,
        instance: str,
        scheduler: Scheduler,
        held: Holdings,
        arrived: Arrived,
        clock: Callable[[], float],
        *,
        allow_private: bool = False,
    ) -> None:
        self._allow_private = allow_private
        self._sec, self._pair, self._instance = sec, pair, instance
        self._scheduler, self._held, self._arrived, self._clock = scheduler, held, arrived, clock
        self._doors: list[Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Give devices out and take answers in from now on."""
        wanted, answered = subjects.door_device(self._instance), subjects.door_answer(self._instance)
        self._doors.append(await self._sec.nc.subscribe(wanted, cb=self._aside(self._on_wanted)))
        self._doors.append(await self._sec.nc.subscribe(answered, cb=self._aside(self._on_answer)))
        await self._sec.flush(10)

    async def stop(self) -> None:
        """Take nothing more."""
        for door in self._doors:
            await unsubscribe(door)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _on_wanted(self, message: Msg) -> None:
        try:
            wanted = msgspec.json.decode(message.data, type=DeviceWanted)
            node_id = bytes.fromhex(wanted.node_id)
        except (*UNREADABLE, ValueError):
            node_id = b""
        if len(node_id) != _NODE_ID_BYTES:
            await respond(message, SeedRefused(code="bad-request", detail="the call cannot be read"))
            return
        await respond(message, await self._device(wanted, node_id))

    async def _device(self, wanted: DeviceWanted, node_id: bytes) -> DeviceReply:
        known = self._held.get(wanted.op)
        if known is not None and isinstance(known.reply, HeldAnswer):
            return SeedRefused(code="device-unknown", detail="the device was answered already; register with it")
        register = await self._scheduler.challenge("register", node_id)
        recover = await self._scheduler.challenge("recover", node_id)
        if not isinstance(register, bytes) or not isinstance(recover, bytes):
            return SeedRefused(code="scheduler-unavailable", detail="the node scheduler gives no challenge")
        asked = Asked(wanted.node_id, DeviceKey.generate(), register, recover)
        until = self._clock() + HOLD_S
        if not await self._held.hold(wanted.op, Held(until, asked)):
            return SeedRefused(code="no-node-manager", detail="too many devices are waiting")
        _log.info("door.device-given", op=wanted.op)
        return Device(
            instance=self._instance,
            kid=self._pair.kid,
            public_key=self._pair.public_key_b64,
            pubkey=asked.device.public_key.hex(),
            csr=asked.device.csr(node_id, DEFAULT_NAME).decode(),
            register=register.hex(),
            recover=recover.hex(),
            restriction=method_restriction(METHOD_NAMES),
            expires_at=int(until),
        )

    async def _on_answer(self, message: Msg) -> None:
        try:
            delivery = msgspec.json.decode(message.data, type=SeedDelivery)
        except UNREADABLE:
            await respond(message, SeedRefused(code="sealed-box-invalid", detail="the delivery cannot be read"))
            return
        reply = await self._taken(delivery)
        if isinstance(reply, SeedRefused):
            _log.info("door.answer-refused", code=reply.code)
        await respond(message, reply)
        if isinstance(reply, SeedAccepted) and not await self._arrived(delivery.owner, delivery.op):
            await self._held.let_go(delivery.op)

    async def _taken(self, delivery: SeedDelivery) -> SeedAccepted | SeedRefused:
        answer = opened(delivery, self._pair, self._clock())
        if isinstance(answer, SeedRefused):
            return answer
        if isinstance(answer, ClnAccess):
            return await self._own_node(delivery.op, answer)
        held = self._held.get(delivery.op)
        if held is None or held.asked is None:
            return SeedRefused(
                code="device-unknown", detail="no device was given out for this request, or too long ago"
            )
        asked = held.asked
        refused = checked(answer, asked)
        if refused is not None:
            return refused
        held.reply = HeldAnswer(
            node_id=asked.node_id,
            device_key=asked.device.to_pem().decode(),
            register=asked.register.hex(),
            recover=asked.recover.hex(),
            answer=answer,
        )
        _log.info("door.answered", op=delivery.op)
        return SeedAccepted(node_id=asked.node_id)

    async def _own_node(self, op: OpId, access: ClnAccess) -> SeedAccepted | SeedRefused:
        found = await usable(access, allow_private=self._allow_private)
        if isinstance(found, SeedRefused):
            return found
        if not await self._held.hold(op, Held(self._clock() + HOLD_S, reply=HeldAccess(access=found))):
            return SeedRefused(code="no-node-manager", detail="too many devices are waiting")
        _log.info("door.access-taken", op=op)
        return SeedAccepted(node_id=found.node_id)

    def _aside(self, serve: Serve) -> Serve:
        """Serve each message in a task of its own: one that waits for the scheduler holds up no other."""

        async def begin(message: Msg) -> None:
            if len(self._tasks) < BUSY:
                task = asyncio.create_task(serve(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        return begin
