"""What a name pays, found out by walking from the root ourselves; kept no longer than its lowest TTL."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import dns.rdatatype
import dns.rrset
import msgspec
import structlog
from dns.rdtypes.ANY.TXT import TXT

from bus.errors import BusError
from schemas import bip321
from schemas.names import Name, NameProblem, NoPaymentTxt, SeveralPaymentTxt, join_txt, parse_name, pick_payment_txt
from schemas.resolve import Absent, Answer, Proof, Resolved, ResolveReply, Unresolved, Unusable
from services.dnssec_verifier.chain import walk
from services.dnssec_verifier.chain.verdict import Bogus, Failure, Indeterminate, IndeterminateReason, Secure
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.explain import explain
from services.dnssec_verifier.names import dns_name
from services.dnssec_verifier.proof.build import build
from services.dnssec_verifier.propagation.trouble import of_chain

UNREACHABLE_S = 10
"""How long a kept proof is given out before the world is tried again."""

log = structlog.stdlib.get_logger("dnssec-verifier")


class ReplyCache:
    """At most `size` proven replies, each until its `cache_s` has passed."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._kept: OrderedDict[str, tuple[ResolveReply, float]] = OrderedDict()

    def get(self, name: str, now: float) -> ResolveReply | None:
        """The reply kept for `name`, its `cache_s` cut to what is left; `now` in unix seconds."""
        reply, until = self._kept.get(name, (None, 0.0))
        if not isinstance(reply, Resolved | Absent) or until <= now:
            return None
        return _with_cache_s(reply, int(until - now))

    def keep(self, reply: ResolveReply, now: float) -> None:
        """Keep `reply` if it is proven and may be kept at all."""
        if not isinstance(reply, Resolved | Absent) or reply.proof.cache_s <= 0:
            return
        kept_s = reply.proof.cache_s
        if isinstance(reply, Resolved) and reply.made_at is not None:
            kept_s = min(kept_s, UNREACHABLE_S)
        self._kept[reply.name] = (reply, now + kept_s)
        self._kept.move_to_end(reply.name)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


@dataclass(slots=True)
class Resolver:
    """Answers questions about names; one walk serves all who ask for the same name meanwhile.

    `kept` gives a proof of one of our own names that still holds, for when we could not find out.
    """

    walker: Walker
    deadline_s: float
    clock: Callable[[], float] = time.time
    kept: Callable[[Name], Awaitable[Resolved | None]] | None = None
    cache: ReplyCache = field(default_factory=ReplyCache)
    under_way: dict[str, asyncio.Task[ResolveReply]] = field(default_factory=dict)

    async def resolve(self, text: str) -> ResolveReply:
        """The reply about the name `text` means; never raises for anything the world does."""
        name = parse_name(text)
        if isinstance(name, NameProblem):
            return Unresolved(name="", verdict="indeterminate", code=name.code, detail=name.detail)
        kept = self.cache.get(name.text, self.clock())
        if kept is not None:
            return kept
        task = self.under_way.get(name.text)
        if task is None:
            task = asyncio.create_task(self._find_out(name))
            self.under_way[name.text] = task
            task.add_done_callback(lambda _: self.under_way.pop(name.text, None))
        return await asyncio.shield(task)

    async def _find_out(self, name: Name) -> ResolveReply:
        try:
            async with asyncio.timeout(self.deadline_s):
                answer = await self.walker.resolve(dns_name(name), dns.rdatatype.TXT)
        except TimeoutError:
            answer = Indeterminate(IndeterminateReason.TOO_SLOW, name.owner_name)
        reply = reply_of(name, answer)
        if isinstance(reply, Unresolved) and self.kept is not None:
            reply = await self._fall_back(name, self.kept) or reply
        self.cache.keep(reply, self.clock())
        return reply

    async def _fall_back(self, name: Name, kept: Callable[[Name], Awaitable[Resolved | None]]) -> Resolved | None:
        try:
            return await kept(name)
        except BusError as error:
            log.warning("proof.unread", name=name.text, error=type(error).__name__)
            return None


def reply_of(name: Name, answer: walk.Answer | Failure) -> ResolveReply:
    """What `answer` means for who wants to pay `name` (BIP 353)."""
    if not isinstance(answer, walk.Answer):
        return _failure(name, answer)
    picked = pick_payment_txt(_payloads(answer.rrset))
    match picked:
        case NoPaymentTxt():
            return Absent(name=name.text, verdict="secure", owner_name=name.owner_name, proof=proof_of(answer.verdict))
        case SeveralPaymentTxt():
            return Unusable(name=name.text, verdict="secure", code=picked.code, detail=picked.detail)
        case bytes():
            return _instructions(name, picked, answer)


def _instructions(name: Name, payload: bytes, answer: walk.Answer) -> ResolveReply:
    uri = payload.decode("ascii", "replace")
    problem = bip321.parse(uri)
    if isinstance(problem, bip321.UriProblem):
        return Unusable(name=name.text, verdict="secure", code=problem.code, detail=problem.detail)
    return Resolved(
        name=name.text,
        verdict="secure",
        owner_name=name.owner_name,
        uri=uri,
        proof=proof_of(answer.verdict),
        records=build(answer.evidence),
    )


def _failure(name: Name, failure: Failure) -> ResolveReply:
    trouble = of_chain(failure)
    detail = f"{trouble.detail}: {explain(failure)}"
    if isinstance(failure, Indeterminate):
        return Unresolved(name=name.text, verdict="indeterminate", code=trouble.kind.value, detail=detail)
    verdict: Answer = "bogus" if isinstance(failure, Bogus) else "insecure"
    return Unusable(name=name.text, verdict=verdict, code=trouble.kind.value, detail=detail)


def _payloads(rrset: dns.rrset.RRset | None) -> list[bytes]:
    return [join_txt(record.strings) for record in rrset or () if isinstance(record, TXT)]


def proof_of(secure: Secure) -> Proof:
    """The window, cache bound and zones of a secure verdict, as replies tell them."""
    return Proof(
        valid_from=secure.valid_from, valid_until=secure.valid_until, cache_s=secure.cache_s, zones=secure.zones
    )


def _with_cache_s(reply: Resolved | Absent, cache_s: int) -> ResolveReply:
    return msgspec.structs.replace(reply, proof=msgspec.structs.replace(reply.proof, cache_s=cache_s))
