"""What owners seal for a replica, as their clients do, and the edge hands over to it."""

import time

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.secrets.sealed import SealingPair, seal
from bus.tables import subjects
from schemas.base import encode
from schemas.doors import AccessEnvelope, AnswerEnvelope
from schemas.records import SealingKey
from schemas.sealed import SeedAccepted, SeedDelivery, SeedEnvelope, SeedReply

from .asking import PATIENCE_S, Asking, Person


def delivery(
    person: Person, key: str, kid: str, public_key: str, inside: SeedEnvelope | AnswerEnvelope | AccessEnvelope
) -> SeedDelivery:
    """What the edge hands over, with `inside` sealed for `public_key`."""
    return SeedDelivery(
        op=person.op(key),
        owner=person.owner,
        owner_pubkey=person.pubkey,
        idempotency_key=key,
        kid=kid,
        box=seal(public_key, msgspec.json.encode(inside)),
    )


class HandingOver(Asking):
    """What is done with an edge's connection to the account without JetStream."""

    sec: Bus

    async def sealing_key(self, instance: str) -> SealingKey:
        """The announced key of a replica."""
        entry = await Bucket(self.edge, "keys", SealingKey).get(instance)
        assert entry is not None
        return entry.value

    async def box(
        self, person: Person, key: str, instance: str, *, words: str | None = None, pair: SealingPair | None = None
    ) -> SeedDelivery:
        """What a client and the edge make of a mnemonic, for the announced key of `instance` or for `pair`."""
        to = pair or await self.sealing_key(instance)
        public_key = to.public_key_b64 if isinstance(to, SealingPair) else to.public_key
        inside = SeedEnvelope(
            mnemonic=words or person.words,
            owner_pubkey=person.pubkey,
            idempotency_key=key,
            sealed_at=int(time.time()),
        )
        return delivery(person, key, to.kid, public_key, inside)

    async def hand_over(self, body: bytes, instance: str) -> SeedReply:
        """A core request on the account without JetStream."""
        return await self._answered(subjects.seed_open(instance), body)

    async def through_door(self, instance: str, handed: SeedDelivery) -> SeedReply:
        """What a device answered, or the access to a node of the owner's own, on the same account."""
        return await self._answered(subjects.door_answer(instance), encode(handed))

    async def send_seed(self, person: Person, key: str, instance: str) -> str:
        """Hand the person's words over; the node id."""
        return self.accepted(await self.hand_over(encode(await self.box(person, key, instance)), instance))

    def accepted(self, reply: SeedReply) -> str:
        """The node id of a seed that was taken in."""
        assert isinstance(reply, SeedAccepted), reply
        return reply.node_id

    async def _answered(self, subject: str, body: bytes) -> SeedReply:
        reply = await self.sec.nc.request(subject, body, timeout=PATIENCE_S)
        answer: SeedReply = msgspec.json.decode(reply.data, type=SeedReply)
        return answer
