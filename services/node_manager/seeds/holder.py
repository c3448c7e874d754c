"""Asking whichever node-manager holds a seed, over the account without JetStream.

Any replica can run any step: it need not hold the seed itself. No responder means nobody holds it; silence means we do
not know (law 4).
"""

from dataclasses import dataclass

import msgspec
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, encode
from schemas.ids import OpId
from schemas.sealed import SeedAccepted, SeedAnswer, SeedCall, SeedForget, SeedProbe, SeedQuestion

ANSWER_S = 3.0
"""How long a holder may take, in seconds; it only computes."""


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody holds the seed of `node_id` (66 hex)."""

    node_id: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """No node-manager holds the seed."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody answered in time: a holder may exist, or the bus is away."""


class SeedHolder:
    """The holder of seeds, wherever it runs; `sec` is a connection as `sec-node-manager`."""

    def __init__(self, sec: Bus) -> None:
        self._sec = sec

    async def probe(self, op: OpId) -> Held | Nobody | Silent:
        """Does anybody hold the seed of `op`?"""
        reply = await self._request(op, SeedProbe())
        if not isinstance(reply, bytes):
            return reply
        try:
            return Held(msgspec.json.decode(reply, type=SeedAccepted).node_id)
        except UNREADABLE:
            return Nobody()

    async def ask(self, op: OpId, question: SeedQuestion) -> SeedAnswer | Nobody | Silent:
        """The holder's signature, start-up messages and narrowed rune for `question`."""
        reply = await self._request(op, question)
        if not isinstance(reply, bytes):
            return reply
        try:
            return msgspec.json.decode(reply, type=SeedAnswer)
        except UNREADABLE:
            return Nobody()

    async def forget(self, op: OpId) -> None:
        """Every holder of the seed of `op` wipes it; best effort, the seed's own lifetime is the guarantee."""
        await self._request(op, SeedForget())

    async def _request(self, op: OpId, call: SeedCall) -> bytes | Nobody | Silent:
        try:
            reply = await self._sec.nc.request(subjects.seed_hold(op), encode(call), timeout=ANSWER_S)
        except NoRespondersError:
            return Nobody()
        except NatsError:
            return Silent()
        return bytes(reply.data)
