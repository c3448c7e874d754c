"""Greenlight's webhooks: one a node whatever goes wrong, taken in over a real edge when signed, told once."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import httpx
import msgspec
import pytest

from schemas.facts import NodeBehind
from schemas.requests import NodeDelete, NodeStart
from schemas.settings import Settings
from services.node_manager.desk import Desk
from services.sandbox.greenlight.store import StoredNode
from tests.contract.edge.world import running_edge
from tests.waiting import until

from .asking import Person
from .paying import a_pair
from .place import Place, Replica, traces
from .receiving import credited, let_go, paid_directly, preimages, start_by_wallet


@dataclass
class Hooked:
    """A place with an edge at `url`, and a node-manager that names it to Greenlight."""

    place: Place
    url: str
    settings: Settings
    replica: Replica
    client: httpx.AsyncClient

    async def node(self, person: Person) -> str:
        """A node that is ready."""
        return await self.place.registered(person, "k", self.replica.instance)

    def hooks(self, node_id: str) -> list[str]:
        """Where the world posts about the node, and that it is at our edge."""
        hooks = self.place.nodes()[node_id]["hooks"]
        assert isinstance(hooks, list)
        assert all(hook.startswith(f"{self.url}/v1/nodes/{node_id}/greenlight/") for hook in hooks)
        return hooks

    def secret(self, node_id: str) -> str:
        """What the world signs with."""
        file = self.place.folder / "greenlight" / "nodes" / node_id / "node.json"
        (hook,) = msgspec.json.decode(file.read_bytes(), type=StoredNode).hooks
        return hook.secret

    async def post(self, where: str, body: bytes, secret: str) -> httpx.Response:
        """What the world would post, signed with `secret`."""
        signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        return await self.client.post(where, content=body, headers={"gl-signature": signature})


@pytest.fixture
async def hooked(place: Place) -> AsyncIterator[Hooked]:
    async with running_edge(place.settings) as (_, url), httpx.AsyncClient(timeout=30) as client:
        settings = msgspec.structs.replace(place.settings, public_url=url)
        yield Hooked(place, url, settings, await place.replica(settings=settings), client)


async def told(place: Place, person: Person) -> list[NodeBehind]:
    """Every time the person was told that a node of theirs is behind."""
    return [fact for fact in await place.facts(person, "node-behind") if isinstance(fact, NodeBehind)]


async def test_a_node_that_greenlight_calls_stuck_is_told_to_its_owner(hooked: Hooked) -> None:
    place, person = hooked.place, Person()
    node_id = await hooked.node(person)
    assert len(hooked.hooks(node_id)) == 1
    place.world.behind({"nodeId": node_id, "lag": 1_234})

    async def heard() -> bool:
        return bool(await told(place, person))

    await until(heard)
    assert await told(place, person) == [
        NodeBehind(node_id=node_id, block_height=800_000 - 1_234, head_height=800_000, lag=1_234)
    ]

    async def answered() -> bool:
        return bool(place.world.state()["posted"])

    await until(answered)
    assert place.world.state()["posted"] == {"204": 1}


async def test_a_payment_to_a_node_that_its_owner_started_is_found_when_greenlight_posts_it(
    hooked: Hooked, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    place, replica = hooked.place, hooked.replica
    await place.offer_builder()
    alice, bob = await a_pair(place, replica.instance)
    await place.watched(bob.person, bob.node_id, 0)
    await place.world.stop_node(bob.node_id)
    await until(partial(let_go, place, bob))
    await start_by_wallet(desk, bob)
    payment_hash = await paid_directly(desk, alice, bob, 5_000)
    [credit] = await credited(place, bob.person, 1)
    assert credit.payment_hash == payment_hash
    secrets = await preimages(desk, alice, bytes.fromhex(payment_hash))
    await replica.stop()
    await place.server.stop()
    said = "".join(capfd.readouterr())
    assert "hook.heard" in said
    assert not traces(place.folder / "bus", secrets)
    assert not [secret for secret in secrets if secret.decode("latin-1") in said]


async def test_what_is_posted_again_is_told_once_and_what_is_not_signed_never(
    hooked: Hooked, capfd: pytest.CaptureFixture[str]
) -> None:
    place, person, other = hooked.place, Person(), Person()
    node_id, others = await hooked.node(person), await hooked.node(other)
    secret, (ours,), (theirs,) = hooked.secret(node_id), hooked.hooks(node_id), hooked.hooks(others)
    stuck = b'{"event_id":"one","event_type":"node_stuck","blockheight":1,"headheight":9,"lag":8}'
    paid = b'{"event_id":"two","event_type":"invoice_payment","preimage":"' + b"5ec2e7" * 10 + b'"}'
    for _ in range(3):
        assert (await hooked.post(ours, stuck, secret)).status_code == 204
    assert (await hooked.post(ours, paid, secret)).status_code == 204
    for where, body, signed_by in (
        (ours, stuck.replace(b"one", b"six"), hooked.secret(others)),
        (theirs, stuck.replace(b"one", b"six"), secret),
        (ours[:-1] + ("a" if ours[-1] != "a" else "b"), stuck.replace(b"one", b"six"), secret),
        (ours.replace(node_id, "02" + "ab" * 32), stuck, secret),
        (ours, stuck.replace(b"one", b"six"), ""),
    ):
        answer = await hooked.post(where, body, signed_by)
        assert (answer.status_code, answer.json()["code"]) == (404, "hook-unknown")
    assert (await hooked.post(ours, b"{}", secret)).json()["code"] == "invalid-body"

    async def heard() -> bool:
        return bool(await told(place, person))

    await until(heard)
    assert len(await told(place, person)) == 1
    assert not await told(place, other)
    await hooked.replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", [secret.encode(), b"5ec2e7" * 10]) == []
    said = "".join(capfd.readouterr())
    assert secret not in said
    assert "5ec2e7" not in said


@pytest.mark.parametrize("method", ["AddOutgoingWebhook", "RotateOutgoingWebhookSecret"])
async def test_an_answer_that_got_lost_adds_no_second(hooked: Hooked, method: str) -> None:
    place, person = hooked.place, Person()
    place.world.set_fault(lose_answer="AddOutgoingWebhook")
    node_id = await hooked.node(person)
    place.world.set_fault(lose_answer=method)
    for key in ("one", "two", "three"):
        assert (await place.ended(await place.about_node(NodeStart, person, key, node_id))).has("node-started")
    (where,) = hooked.hooks(node_id)
    body = b'{"event_id":"one","event_type":"other"}'
    assert (await hooked.post(where, body, hooked.secret(node_id))).status_code == 204


async def test_a_scheduler_that_does_not_answer_about_webhooks_holds_up_nothing(hooked: Hooked) -> None:
    hooked.place.world.set_fault(stall="ListOutgoingWebhooks")
    node_id = await hooked.node(Person())
    assert hooked.hooks(node_id) == []


async def test_a_deleted_nodes_webhook_is_gone(hooked: Hooked) -> None:
    place, person = hooked.place, Person()
    await place.offer_builder()
    node_id = await hooked.node(person)
    secret, (where,) = hooked.secret(node_id), hooked.hooks(node_id)
    assert (await place.ended(await place.about_node(NodeDelete, person, "d", node_id))).has("node-deleted")
    assert hooked.hooks(node_id) == []
    answer = await hooked.post(where, b'{"event_id":"one","event_type":"node_stuck"}', secret)
    assert answer.json()["code"] == "hook-unknown"


async def test_two_owners_of_one_node_are_each_told(hooked: Hooked) -> None:
    place, person, also = hooked.place, Person(), Person()
    also.words = person.words
    node_id = await hooked.node(person)
    assert await hooked.node(also) == node_id
    place.world.behind({"nodeId": node_id})

    async def heard() -> bool:
        return bool(await told(place, person)) and bool(await told(place, also))

    await until(heard)
