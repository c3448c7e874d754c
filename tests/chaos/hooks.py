"""Sellers' webhooks under a storm: made whatever it takes, a receiver that sometimes fails, and what had to arrive."""

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec
from standardwebhooks import Webhook

from schemas.frames import Msg
from schemas.webhooks import OWN_EVENTS, WebhookId, delivery_id_of, message_id
from services.mesh.device.owner import Owner, Refused
from tests.chaos.exact import PATIENCE_S, insist
from tests.chaos.storm import Storm
from tests.contract.webhooks.receiver import Received, Receiver, Reply
from tests.harness import Json, Mesh

ANSWER_LOST, ANSWER_503 = 0.04, 0.04
MARGIN_S = 1.0
"""A kill is noted when it was done; a request that it made again may have been read a moment before."""


@dataclass(frozen=True, slots=True)
class Hook:
    """An owner's webhook."""

    id: WebhookId
    secret: str
    operation: Json


class Harsh:
    """How the receiver behaves: now and then it fails, or takes the event and cannot say so."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.unsaid: Counter[str] = Counter()

    async def before(self, request: Received) -> None:
        """Break off before the answer, sometimes."""
        if self._dice.random() < ANSWER_LOST:
            self.unsaid[request.id] += 1
            raise ConnectionResetError

    def answer(self, received: list[Received]) -> Reply:
        """Mostly that it was taken."""
        if self._dice.random() < ANSWER_503:
            self.unsaid[received[-1].id] += 1
            return Reply(503)
        return Reply()


async def made(mesh: Mesh, owner: Owner, receiver: Receiver) -> Hook:
    """A webhook of `owner` for everything, whatever it takes."""

    async def create() -> str:
        body = msgspec.json.encode({"url": receiver.url(f"/{owner.pubkey}")})
        headers = {"Idempotency-Key": "hook", "Content-Type": "application/json"}
        answer = await owner.send("POST", "/v1/webhooks", body, headers=headers)
        if not answer.is_success:
            problem = answer.json()
            raise Refused(answer.status_code, problem["code"], answer.text, retryable=bool(problem["retryable"]))
        return str(answer.json()["id"])

    operation = await mesh.ended(owner, await insist(create), within_s=PATIENCE_S)
    assert operation["state"] == "succeeded", operation
    hook = str(cast("Json", operation["result"])["webhookId"])
    shown = await insist(lambda: owner.get(f"/v1/webhooks/{hook}/secret"))
    return Hook(WebhookId(hook), str(shown["secret"]), operation)


def expected_ids(hook: Hook, messages: Iterable[Msg]) -> set[str]:
    """The `webhook-id` of every event the hook had to be sent: all its owner was told but about webhooks."""
    return {
        message_id(delivery_id_of(hook.id, message.id))
        for message in messages
        if not message.type.startswith(OWN_EVENTS)
    }


async def arrived(receiver: Receiver, wanted: set[str], within_s: float) -> None:
    """Return once every one of `wanted` was received; AssertionError with how many were not."""
    deadline = asyncio.get_running_loop().time() + within_s
    while missing := wanted - set(receiver.ids):
        assert asyncio.get_running_loop().time() < deadline, f"{len(missing)} webhooks of {len(wanted)} never came"
        await asyncio.sleep(0.2)


def repeated_with_reason(received: Sequence[Received], harsh: Harsh, storm: Storm) -> int:
    """How many were sent again; AssertionError for one whose answer cannot have been lost."""
    by_id: dict[str, list[Received]] = defaultdict(list)
    for request in received:
        by_id[request.id].append(request)
    again = 0
    for name, requests in by_id.items():
        causes = harsh.unsaid[name] + sum(
            storm.struck(("notifier", "nats-server"), earlier.at - MARGIN_S, later.at)
            for earlier, later in itertools.pairwise(requests)
        )
        again += len(requests) - 1
        assert len(requests) - 1 <= causes, f"{name} came {len(requests)} times, with {causes} reasons to"
        assert len({request.body for request in requests}) == 1
    return again


def signed_by(secret: str, received: Iterable[Received]) -> int:
    """How many of `received` there are; each is verified as a receiver would. Raises WebhookVerificationError."""
    count = 0
    for count, request in enumerate(received, 1):  # noqa: B007  the last one is how many there were
        Webhook(secret).verify(request.body, request.headers)
    return count
