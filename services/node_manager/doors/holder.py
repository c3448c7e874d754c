"""Asking whichever node-manager holds the door of an operation open, over the account without JetStream."""

import msgspec
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.doors import HeldCall, HeldForget, HeldReply, HeldWanted
from schemas.ids import OpId
from services.node_manager.seeds.holder import ANSWER_S, Nobody, Silent


class DoorHolder:
    """Whoever holds a door, wherever it runs; `sec` is a connection as `sec-node-manager`."""

    def __init__(self, sec: Bus) -> None:
        self._sec = sec

    async def wanted(self, op: OpId) -> HeldReply | Nobody | Silent:
        """What has come through the door of `op`."""
        return await self._request(op, HeldWanted())

    async def forget(self, op: OpId) -> None:
        """Close the door of `op`; best effort, what is held there does not last anyway."""
        await self._request(op, HeldForget())

    async def _request(self, op: OpId, call: HeldCall) -> HeldReply | Nobody | Silent:
        try:
            reply = await self._sec.nc.request(subjects.door_hold(op), encode(call), timeout=ANSWER_S)
            answer: HeldReply = msgspec.json.decode(reply.data, type=HeldReply)
        except NoRespondersError:
            return Nobody()
        except (NatsError, *UNREADABLE):
            return Silent()
        return answer
