"""A bus with offer-builders on it, and stand-ins for the workers around it that only state their facts."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey
from msgspec.structs import replace

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef
from bus.operations.outcomes import Done, Fail, Handler, Outcome, Undone, UndoOutcome, Wait
from bus.tables import subjects
from bus.testing import running_bus
from bus.workers.running import run_worker
from schemas.base import encode, utc_text
from schemas.bolt12 import CHAINS, BlindedPath, Hop, Offer, OfferFields, decode_offer, encode_offer
from schemas.facts import (
    Absent,
    AnyFact,
    Authoritative,
    Failed,
    Gone,
    OfferDisabled,
    Offered,
    Published,
    Removed,
    Restored,
    Retired,
    Verified,
    Withdrawn,
)
from schemas.flows import FLOWS, Step, WorkerName
from schemas.ids import op_of, owner_of
from schemas.records import NameRecord
from schemas.requests import FLOW_OF, Cancel, Common, FlowRequest, UsernameRegister, UsernameRelease, UsernameRotate
from schemas.settings import Settings
from services.offer_builder.service import serve
from tests.waiting import until

NODE = "02" * 33
POINT = PrivateKey(b"\x07" * 32).public_key.format()
PATH = BlindedPath(first_node_id=POINT, first_path_key=POINT, hops=(Hop(blinded_node_id=POINT, encrypted_data=b"x"),))
PATIENCE_S = 60.0
ALICE = "alice@shop.test"


def offer_text(*, pathed: bool = True, chain: str = "regtest", expiry: int | None = None) -> str:
    """A valid offer."""
    paths = (PATH,) if pathed else ()
    text = encode_offer(
        OfferFields(
            chains=(CHAINS[chain],),
            issuer_id=POINT,
            paths=paths,
            absolute_expiry=expiry,
            description=f"Payment to {ALICE}",
            issuer=ALICE,
        )
    )
    assert isinstance(text, str)
    return text


def stated(offer: str) -> dict[str, AnyFact]:
    """What the workers around offer-builder say when all goes well."""
    return {
        "offer": Offered(node_id=NODE, offer_id="00" * 32, offer=offer, label="x"),
        "publish": Published(
            owner_name="o", zone="z", record_id="r", content_sha256="00", ttl_s=300, previous_ttl_s=None
        ),
        "prove": Authoritative(
            probes=(), verdict="secure", valid_from=1, valid_until=9, at=0.0, settles_at=0.0, zones=()
        ),
        "settle": Verified(verdict="secure", valid_from=1, valid_until=9, authoritative=(), resolvers=()),
        "withdraw": Removed(owner_name="o", zone="z", ttl_s=300),
        "absent": Absent(probes=(), verdict="secure", valid_from=1, valid_until=9, at=0.0, settles_at=0.0, zones=()),
        "gone": Gone(verdict="secure", authoritative=()),
        "retire": Retired(node_id=NODE, offer_ids=()),
    }


_UNDONE: dict[str, AnyFact] = {
    "offer-disabled": OfferDisabled(offer_ids=()),
    "withdrawn": Withdrawn(owner_name="o"),
    "restored": Restored(owner_name="o", ttl_s=300),
}


@dataclass
class Stated:
    """A handler that has no effect but its fact (or a failure, or silence), by the step's name or by its fact's."""

    facts: Mapping[str, AnyFact | Fail | Wait]

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Say it."""
        said = self.facts[step.done if step.done in self.facts else step.name]
        if isinstance(said, Offered):
            said = _as_asked(said, op.request)
        return said if isinstance(said, Fail | Wait) else Done(said)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:
        """Say that it is gone."""
        assert step.undone is not None
        return Undone(_UNDONE[step.undone])


def _as_asked(offered: Offered, request: FlowRequest) -> Offered:
    """Alice's offer as the node of another name would make it."""
    offer = decode_offer(offered.offer)
    if not isinstance(offer, Offer) or not isinstance(request, UsernameRegister | UsernameRotate):
        return offered
    name = f"{request.username}@{request.domain}"
    if name == ALICE or offer.issuer != ALICE:
        return offered
    said = {field: getattr(offer, field) for field in OfferFields.__struct_fields__}
    text = encode_offer(OfferFields(**{**said, "description": f"Payment to {name}", "issuer": name}))
    assert isinstance(text, str)
    return replace(offered, offer=text)


def common(pubkey: str, key: str) -> Common:
    """What every request under `key` of whom `pubkey` is carries."""
    owner, asked_at = owner_of(pubkey), utc_text(time.time())
    return Common(op=op_of(owner, key), owner=owner, pubkey=pubkey, body_sha256="00" * 32, asked_at=asked_at)


@dataclass
class Seller:
    """Somebody who wants a name."""

    pubkey: str = field(default_factory=lambda: os.urandom(32).hex())

    def asks(self, username: str, key: str = "k", domain: str = "shop.test") -> UsernameRegister:
        """The request."""
        return UsernameRegister(**common(self.pubkey, key), username=username, domain=domain, node_id=NODE)

    def rotates(self, username: str, key: str, node_id: str = NODE) -> UsernameRotate:
        """The request to make the name pay a new offer."""
        return UsernameRotate(**common(self.pubkey, key), username=username, domain="shop.test", node_id=node_id)

    def releases(self, username: str, key: str) -> UsernameRelease:
        """The request to give the name up."""
        return UsernameRelease(**common(self.pubkey, key), username=username, domain="shop.test")


@dataclass
class Stage:
    """The running bus."""

    settings: Settings
    edge: Bus
    stack: AsyncExitStack

    async def offer_builders(self, count: int = 1) -> None:
        """Replicas, until the end."""
        for _ in range(count):
            stopping, up = asyncio.Event(), asyncio.Event()
            task = asyncio.create_task(serve(self.settings, stopping, up.set, lambda: None))
            self.stack.push_async_callback(_stop, stopping, task)
            await asyncio.wait_for(up.wait(), PATIENCE_S)

    async def others(self, offer: str, /, **instead: AnyFact | Fail | Wait) -> None:
        """The other workers, which say `instead` at the steps named."""
        facts: dict[str, AnyFact | Fail | Wait] = {**stated(offer), **instead}
        for name in ("node-manager", "dns-publisher", "dnssec-verifier"):
            await self._other(name, Stated(facts))

    async def bus(self, identity: str) -> Bus:
        """A connection, until the end."""
        bus = await connect(self.settings, identity)
        self.stack.push_async_callback(bus.close)
        return bus

    async def ask(self, request: FlowRequest) -> OpRef:
        """Put the request on INGRESS."""
        noun, verb = FLOW_OF[type(request)].split(".")
        await publish(self.edge, subjects.request(noun, verb, request.op), encode(request))
        return OpRef(request.owner, request.op)

    async def reaches(self, ref: OpRef, fact: str) -> Operation:
        """The operation once `fact` happened."""

        async def there() -> bool:
            op = await ledger.read(self.edge, ref)
            return op is not None and op.has(fact)

        await until(there)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def cancel(self, ref: OpRef, pubkey: str) -> None:
        """The owner takes the operation back."""
        wish = Cancel(op=ref.op, owner=ref.owner, pubkey=pubkey, body_sha256="", asked_at=utc_text(time.time()))
        await publish(self.edge, subjects.request("username", "cancel", ref.op), encode(wish))

    async def ended(self, ref: OpRef) -> Operation:
        """The operation once nobody has to act any more."""

        async def over() -> bool:
            op = await ledger.read(self.edge, ref)
            return op is not None and isinstance(slip.position(op), slip.Finished)

        await until(over)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def record(self, username: str) -> NameRecord | None:
        """What the bucket says of `username@shop.test`."""
        entry = await Bucket(self.edge, "names", NameRecord).get(f"{username}=shop.test")
        return entry.value if entry else None

    async def _other(self, name: WorkerName, handler: Handler) -> None:
        stopping, bus = asyncio.Event(), await self.bus(name)
        steps = {
            (flow.name, step.name): handler for flow in FLOWS.values() for step in flow.steps if step.worker == name
        }
        task = asyncio.create_task(run_worker(bus, name, steps, stopping))
        self.stack.push_async_callback(_stop, stopping, task)


def why(op: Operation) -> str:
    """The code of the failure."""
    failed = op.body("failed")
    assert isinstance(failed, Failed), names(op)
    return failed.code


def names(op: Operation) -> list[str]:
    """The facts in order."""
    return [fact.name for fact in op.facts]


@asynccontextmanager
async def a_stage(folder: Path, **more: object) -> AsyncIterator[Stage]:
    """A bus with nobody on it."""
    async with (
        running_bus(
            folder, network="regtest", name_domains=("shop.test",), ack_wait_s=3.0, **{"quarantine_s": 3600.0, **more}
        ) as settings,
        AsyncExitStack() as stack,
    ):
        edge = await connect(settings, "edge")
        stack.push_async_callback(edge.close)
        yield Stage(settings, edge, stack)
        assert not edge.denials


async def _stop(stopping: asyncio.Event, task: "asyncio.Task[None]") -> None:
    stopping.set()
    await task
