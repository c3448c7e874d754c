"""Pairing: a device of ours without a signer, approved by the owner's wallet with a rune as narrow as we ask for.

The call that asks for it stays open until the wallet has approved; the process that made it holds its door. When that
process dies the pairing is over, and so is the operation: the code that the owner was told is for a key that is gone.
"""

import asyncio
from collections.abc import Callable

import structlog

from proto import scheduler_pb2
from schemas.doors import HeldPaired, HeldRefused
from schemas.greenlight.device import PAIRING_CODE, DeviceKey
from schemas.greenlight.rune import method_restriction
from schemas.ids import OpId, Owner
from services.node_manager.doors.challenge import Arrived
from services.node_manager.doors.held import HOLD_S, Held, Holdings
from services.node_manager.greenlight.scheduler import Scheduler
from services.node_manager.methods import METHOD_NAMES

DEVICE_NAME = "Shopstr"
PURPOSE = "lets your shop be paid, and pays what you tell it to; opens and closes no channel and sends nothing on chain"

_log = structlog.stdlib.get_logger("node-manager")


class Pairings:
    """Pairings of one process; `clock` gives unix seconds."""

    def __init__(self, held: Holdings, scheduler: Scheduler, arrived: Arrived, clock: Callable[[], float]) -> None:
        self._held, self._scheduler, self._arrived, self._clock = held, scheduler, arrived, clock

    async def begin(self, owner: Owner, op: OpId) -> str | None:
        """Ask for a pairing; the code for the owner's wallet. None if there is no room."""
        device = DeviceKey.generate()
        device_id = device.public_key.hex()
        request = scheduler_pb2.PairDeviceRequest(
            device_id=device_id,
            csr=device.new_device_csr(DEVICE_NAME),
            device_name=DEVICE_NAME,
            description=PURPOSE,
            restrictions=f"pubkey={device_id}&{method_restriction(METHOD_NAMES)}",
        )
        asking = asyncio.create_task(self._ask(owner, op, device, request), name=f"pairing-{op}")

        def close() -> None:
            if asking is not asyncio.current_task():
                asking.cancel()

        if not await self._held.hold(op, Held(self._clock() + HOLD_S, close=close)):
            asking.cancel()
            return None
        _log.info("door.pairing", op=op)
        return PAIRING_CODE + device_id

    async def _ask(self, owner: Owner, op: OpId, device: DeviceKey, request: scheduler_pb2.PairDeviceRequest) -> None:
        answer = await self._scheduler.pair(request, HOLD_S)
        held = self._held.get(op)
        if held is None:
            return
        if isinstance(answer, scheduler_pb2.PairDeviceResponse):
            key = device.to_pem().decode()
            held.reply = HeldPaired(certificate=answer.device_cert, device_key=key, rune=answer.rune)
            _log.info("door.paired", op=op)
        else:
            held.reply = HeldRefused(status=answer.status)
            _log.info("door.not-paired", op=op, status=answer.status)
        await self._arrived(owner, op)
