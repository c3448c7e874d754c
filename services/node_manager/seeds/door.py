"""The seed's way in and its questions' way back: two core subjects on the account without JetStream (law 6).

`sec.seed.open.<instance>` takes a box; for each seed held there is a subscription `sec.seed.hold.<op>`, and none when
it is gone, so that "no responder" means "nobody holds it". A hostile message gets a refusal or silence; it never ends
the door, and its content is never logged.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import assert_never

import msgspec
import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus.client.connection import Bus
from bus.secrets.sealed import SealingPair
from bus.tables import subjects
from schemas.base import encode
from schemas.ids import OpId, Owner
from schemas.requests import Network
from schemas.sealed import (
    SeedAccepted,
    SeedCall,
    SeedForget,
    SeedProbe,
    SeedQuestion,
    SeedRefused,
)
from services.node_manager.seeds.admission import Admitted, admit
from services.node_manager.seeds.answers import answer
from services.node_manager.seeds.vault import Full, SeedVault

EXPIRE_EVERY_S = 5.0

_log = structlog.stdlib.get_logger("node-manager")
_LOST = SeedRefused(code="seed-lost", detail="the seed is not held here any more")

Arrived = Callable[[Owner, OpId], Coroutine[None, None, bool]]
"""Called after a seed was taken in, so that an operation that waits for it goes on at once; False: nobody needs it."""


class SeedDoor:
    """One process's seeds. `sec` is its connection as `sec-node-manager`."""

    def __init__(
        self,
        sec: Bus,
        pair: SealingPair,
        instance: str,
        network: Network,
        arrived: Arrived,
        vault: SeedVault,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sec = sec
        self._pair = pair
        self._instance = instance
        self._network = network
        self._arrived = arrived
        self._vault = vault
        self._clock = clock
        self._open: Subscription | None = None
        self._holding: dict[OpId, Subscription] = {}
        self._telling: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take boxes from now on."""
        self._open = await self._sec.nc.subscribe(subjects.seed_open(self._instance), cb=self._on_box)
        await self._sec.flush(10)

    async def stop(self) -> None:
        """Take nothing more and wipe everything."""
        if self._open is not None:
            await _unsubscribe(self._open)
        for op in tuple(self._holding):
            await self._let_go(op)
        self._vault.clear()
        await asyncio.gather(*self._telling)

    async def expire_until(self, stopping: asyncio.Event) -> None:
        """Wipe what is too old, every few seconds, until `stopping`."""
        while not stopping.is_set():
            for op in self._vault.expire(self._clock()):
                _log.info("seed.expired", op=op)
                await self._let_go(op)
            try:
                await asyncio.wait_for(stopping.wait(), EXPIRE_EVERY_S)
            except TimeoutError:
                continue

    async def _on_box(self, message: Msg) -> None:
        admitted = admit(message.data, self._pair, self._network, self._clock())
        if isinstance(admitted, SeedRefused):
            _log.info("seed.refused", code=admitted.code)
            await _respond(message, admitted)
            return
        if isinstance(self._vault.put(admitted.op, admitted.node_id, admitted.secret, self._clock()), Full):
            _log.warning("seed.vault-full")
            await _respond(message, SeedRefused(code="no-node-manager", detail="too many seeds are waiting"))
            return
        await self._hold(admitted)
        await _respond(message, SeedAccepted(node_id=admitted.node_id))
        self._tell(admitted)

    def _tell(self, admitted: Admitted) -> None:
        telling = asyncio.create_task(self._keep_if_needed(admitted))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _keep_if_needed(self, admitted: Admitted) -> None:
        if not await self._arrived(admitted.owner, admitted.op):
            await self._let_go(admitted.op)

    async def _hold(self, admitted: Admitted) -> None:
        _log.info("seed.held", op=admitted.op)
        if admitted.op in self._holding:
            return
        self._holding[admitted.op] = await self._sec.nc.subscribe(subjects.seed_hold(admitted.op), cb=self._on_call)
        await self._sec.flush(10)

    async def _on_call(self, message: Msg) -> None:
        op = OpId(message.subject.rsplit(".", 1)[-1])
        try:
            call = msgspec.json.decode(message.data, type=SeedCall)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            await _respond(message, SeedRefused(code="bad-request", detail="the call cannot be read"))
            return
        await _respond(message, self._reply(op, call))
        if isinstance(call, SeedForget):
            await self._let_go(op)

    def _reply(self, op: OpId, call: SeedProbe | SeedQuestion | SeedForget) -> msgspec.Struct:
        now = self._clock()
        node_id, secret = self._vault.node_id(op, now), self._vault.secret(op, now)
        if node_id is None or secret is None:
            return _LOST
        match call:
            case SeedProbe() | SeedForget():
                return SeedAccepted(node_id=node_id)
            case SeedQuestion():
                return answer(secret, call) or SeedRefused(code="bad-request", detail="not a question about a node")
            case other:
                assert_never(other)

    async def _let_go(self, op: OpId) -> None:
        self._vault.forget(op)
        subscription = self._holding.pop(op, None)
        if subscription is not None:
            await _unsubscribe(subscription)
            _log.info("seed.wiped", op=op)


async def _respond(message: Msg, reply: msgspec.Struct) -> None:
    if not message.reply:
        return
    try:
        await message.respond(encode(reply))
    except nats.errors.Error as error:
        _log.warning("seed.reply-not-sent", error=type(error).__name__)


async def _unsubscribe(subscription: Subscription) -> None:
    try:
        await subscription.unsubscribe()
    except nats.errors.Error as error:
        _log.info("seed.subscription-gone", error=type(error).__name__)
