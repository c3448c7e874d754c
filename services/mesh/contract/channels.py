"""What is said on every subject: the one table that joins subjects (`bus.tables.subjects`) with the types of their
bodies.

Streams, buckets and who may say or hear what are looked up in the bus's own tables. A stream, a bucket or a subject of
another service's without a row here fails a test.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import msgspec

from bus.operations.timers import Tick
from bus.tables import subjects
from bus.tables.identities import ALL_IDENTITIES
from bus.tables.permissions import API, permissions_of
from bus.tables.streams import BUCKETS, STREAMS, all_streams, matches
from bus.workers.trials import BUCKET as TRIALS
from bus.workers.trials import Trial
from schemas.doors import DeviceReply, DeviceWanted, HeldCall, HeldReply
from schemas.facts import AnyFact
from schemas.frames import AnyClientFrame, AnyServerFrame
from schemas.health import DnsHealth, NodeHealth
from schemas.hooks import HookCall, HookReply
from schemas.ids import OpId, Owner
from schemas.notifications import History, Notification
from schemas.proofs import ProofAnswer, VerifyProof
from schemas.records import (
    BalanceRecord,
    CursorRecord,
    DnsLimit,
    DriftRecord,
    Holdings,
    KeptProof,
    Lease,
    ListRecord,
    NameRecord,
    NodeRecord,
    NodeView,
    OfferPlaces,
    OfferRecord,
    OperatorKey,
    Published,
    Purse,
    Receipts,
    RecordMarks,
    SealedCredentials,
    SealingKey,
    SessionRecord,
    Spent,
    Sweeps,
    Watch,
    ZoneCheck,
    ZoneRecord,
)
from schemas.refused import RequestRefused
from schemas.requests import FLOW_OF, Cancel
from schemas.resolve import Resolve, ResolveReply
from schemas.sealed import SeedAnswer, SeedCall, SeedDelivery, SeedReply
from schemas.vitals import Vitals
from schemas.webhooks import Delivery, DeliveryRef, SecretReply, SecretWanted, Webhooks
from schemas.zone_look import ZoneLook, ZoneLooked

SOCKET = "/v1/ws"

PARAMETERS: dict[str, str] = {
    "op": "an operation: base32(sha256(owner, a zero byte, Idempotency-Key)), its first 26 characters",
    "owner": "the token of a Nostr public key, 26 characters",
    "fact": "what happened, as its body's `fact`",
    "next": "who acts next, `-` for nobody",
    "noun": "what the operation is about",
    "worker": "whose alarm it is",
    "stream": "where the message came from",
    "consumer": "who could not handle it",
    "delivery": "one event for one webhook",
    "instance": "one node-manager process",
    "key": "a key of the bucket",
}
"""What stands in the braces of an address."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One row. `body` is a type or a union of types (None: not JSON of ours), `reply` what a core request answers.

    `union` names the union for TypeScript.
    """

    name: str
    address: str
    body: object
    meaning: str
    union: str = ""
    reply: object = None

    @property
    def bodies(self) -> tuple[object, ...]:
        """Every type that may be the body."""
        return members(self.body)

    @property
    def subject(self) -> str:
        """The address as a subject with wildcards."""
        return re.sub(r"\{\w+\}", "*", self.address.replace("{key}", ">"))

    @property
    def stream(self) -> str | None:
        """The stream that stores it; None on core NATS."""
        return next((spec.name for spec in all_streams() if _touches(spec.subjects, self.subject)), None)

    @property
    def republished_from(self) -> str | None:
        """The stream whose messages the server says here as it stores them; None if clients publish."""
        for spec in STREAMS:
            if spec.republish and matches(re.sub(r"\{\{.*?\}\}", "*", spec.republish.dest), self.subject):
                return spec.name
        return None

    def publishers(self) -> tuple[str, ...]:
        """Identities that may say it, or some of it."""
        return tuple(who for who in ALL_IDENTITIES if _touches(permissions_of(who).publish, self.subject))

    def covers(self, pattern: str) -> bool:
        """Whether some subject of `pattern` is one of this channel."""
        return _touches((pattern,), self.subject)

    def readers(self) -> tuple[str, ...]:
        """Identities that may read it from its stream with a direct get."""
        read = f"{API}.DIRECT.GET.{self.stream}"
        return tuple(who for who in ALL_IDENTITIES if self.stream and read in permissions_of(who).publish)

    def subscribers(self) -> tuple[str, ...]:
        """Identities that may hear it on core NATS; what a stream keeps is also read there."""
        return tuple(who for who in ALL_IDENTITIES if _touches(permissions_of(who).subscribe, self.subject))


def members(body: object) -> tuple[object, ...]:
    """The types of a union, or the type itself; none for None."""
    if body is None:
        return ()
    return (body,) if isinstance(body, type) else get_args(body)


def channels() -> tuple[Channel, ...]:
    """Every row, in a stable order."""
    return (*_requests(), *_operations(), *_kept(), *_core(), *_buckets(), *_socket())


def _requests() -> Iterator[Channel]:
    for kind, flow in FLOW_OF.items():
        noun, verb = flow.split(".")
        if (noun, verb) in subjects.ASKED_OF_ITSELF:
            continue
        yield Channel(_camel(flow), subjects.request(noun, verb, _OP), kind, f"start an operation of {flow}")
    yield Channel("cancel", subjects.request("{noun}", subjects.CANCEL, _OP), Cancel, "take an operation back")
    yield Channel("refused", subjects.refused(_OP), RequestRefused, "the newest request that was not taken, and why")


def _operations() -> Iterator[Channel]:
    news = subjects.fact_news(_OP)
    ledger = subjects.saga(_OWNER, _OP, "{fact}", "{next}")
    yield Channel("ledger", ledger, AnyFact, "what happened, and who acts next")
    yield Channel(
        "factNews", news.replace("*", "{fact}"), AnyFact, "facts as they are stored; best effort", union="Fact"
    )
    yield Channel("refusedNews", news.replace("*", "refused"), RequestRefused, "a request was not taken")


def _kept() -> Iterator[Channel]:
    yield Channel("history", subjects.history(_OWNER), History, "an owner's finished operations")
    yield Channel("notify", subjects.notification(_OWNER), Notification, "what an owner is told, in order")
    yield Channel("live", subjects.live(_OWNER), Notification, "the same as it is stored; best effort")
    yield Channel("timer", subjects.timer("{worker}", _OP), Tick, "an alarm that is set")
    yield Channel("tick", subjects.tick("{worker}", _OP), Tick, "an alarm that rings: read the facts and decide")
    yield Channel(
        "deliveryTimer", subjects.delivery_timer("{delivery}"), DeliveryRef, "an alarm of a delivery that is set"
    )
    yield Channel("deliveryTick", subjects.delivery_tick("{delivery}"), DeliveryRef, "look at a delivery now")
    yield Channel("deadLetter", subjects.dead_letter("{stream}", "{consumer}"), None, "what nobody could handle, as is")


def _core() -> Iterator[Channel]:
    yield Channel("resolve", subjects.RESOLVE, Resolve, "what a name pays", union="ResolveReply", reply=ResolveReply)
    yield Channel(
        "verifyProof", subjects.VERIFY_PROOF, VerifyProof, "does a proof hold", union="ProofAnswer", reply=ProofAnswer
    )
    yield Channel("zoneLook", subjects.ZONE_LOOK, ZoneLook, "may a zone be changed now", reply=ZoneLooked)
    yield Channel("webhookSecret", subjects.WEBHOOK_SECRET, SecretWanted, "a webhook's secret", reply=SecretReply)
    yield Channel("seedOpen", subjects.seed_open("{instance}"), SeedDelivery, "a sealed seed", reply=SeedReply)
    yield Channel("nodeHook", subjects.NODE_HOOK, HookCall, "what Greenlight has posted", reply=HookReply)
    yield Channel("doorDevice", subjects.door_device("{instance}"), DeviceWanted, "a device", reply=DeviceReply)
    yield Channel("doorAnswer", subjects.door_answer("{instance}"), SeedDelivery, "a sealed answer", reply=SeedReply)
    yield Channel("doorHold", subjects.door_hold(_OP), HeldCall, "to whoever holds a door open", reply=HeldReply)
    yield Channel("seedHold", subjects.seed_hold(_OP), SeedCall, "to whoever holds a seed", reply=SeedAnswer)


def _buckets() -> Iterator[Channel]:
    for spec in BUCKETS:
        kind = BUCKET_VALUES[spec.name]
        yield Channel(f"bucket-{spec.name}", f"$KV.{spec.name}.{{key}}", kind, f"bucket {spec.name}")


def _socket() -> Iterator[Channel]:
    yield Channel("toEdge", SOCKET, AnyClientFrame, "what a client says on the socket", union="ClientFrame")
    yield Channel("fromEdge", SOCKET, AnyServerFrame, "what the edge says on the socket", union="ServerFrame")


BUCKET_VALUES: dict[str, type[msgspec.Struct]] = {
    "names": NameRecord,
    "holdings": Holdings,
    "offers": OfferRecord,
    "offer-places": OfferPlaces,
    "nodes": NodeRecord,
    "credentials": SealedCredentials,
    "published": Published,
    "dns-marks": RecordMarks,
    "dns-limits": DnsLimit,
    "drift": DriftRecord,
    "zone-checks": ZoneCheck,
    "dns-health": DnsHealth,
    "node-health": NodeHealth,
    "proofs": KeptProof,
    "keys": SealingKey,
    "balances": BalanceRecord,
    "watches": Watch,
    "purses": Purse,
    "receipts": Receipts,
    "sweeps": Sweeps,
    "leases": Lease,
    "replay": Spent,
    "sessions": SessionRecord,
    "cursors": CursorRecord,
    "operator-keys": OperatorKey,
    "node-views": NodeView,
    TRIALS: Trial,
    "vitals": Vitals,
    "webhooks": Webhooks,
    "deliveries": Delivery,
    "lists": ListRecord,
    "zones": ZoneRecord,
}
"""The type of every bucket's values."""

_OP, _OWNER = OpId("{op}"), Owner("{owner}")


def _touches(patterns: tuple[str, ...], subject: str) -> bool:
    return any(_meet(pattern, subject) for pattern in patterns)


def _meet(one: str, other: str) -> bool:
    """Whether some subject fits both patterns."""
    left, right = one.split("."), other.split(".")
    for a, b in zip(left, right, strict=False):
        if ">" in (a, b):
            return True
        if a != b and "*" not in (a, b):
            return False
    return len(left) == len(right)


def _camel(dotted: str) -> str:
    first, *rest = dotted.split(".")
    return first + "".join(word.capitalize() for word in rest)
