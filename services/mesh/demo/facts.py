"""What the demo claims in its table, and whether each claim is true: pure functions over what the edge answered."""

from dataclasses import dataclass

from schemas.base import Wire
from schemas.facts import Probe
from services.mesh.demo.claim import Claim, claim
from services.mesh.demo.money import Paid, money_claims, told_once
from services.mesh.demo.streams import NAME, NODE, PAYMENT, RECEIVED, Stream, told_in_order


class NameResult(Wire, frozen=True, kw_only=True):
    """`result` of a finished `username.register`; the proof holds in [valid_from, valid_until], unix seconds."""

    name: str
    display: str
    uri: str
    verdict: str
    valid_from: int
    valid_until: int
    authoritative: tuple[Probe, ...]
    resolvers: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything the demo looked at: the operation's result, two public answers, the payment, what both were told."""

    result: NameResult
    name: dict[str, object]
    resolved: dict[str, object]
    paid: Paid
    seller: Stream
    payer: Stream
    now: int


def claims(seen: Seen) -> list[Claim]:
    """Every claim of the table, judged."""
    verified = seen.result
    uri = verified.uri
    holds = verified.valid_from <= seen.now <= verified.valid_until
    return [
        claim(f"{verified.display} is live", seen.name.get("state") == "active", str(seen.name)),
        claim("GET /v1/names shows the same URI", seen.name.get("uri") == uri, str(seen.name.get("uri"))),
        claim("resolving it from the root gives the same URI", seen.resolved.get("uri") == uri, str(seen.resolved)),
        claim("the chain is secure", verified.verdict == "secure", verified.verdict),
        claim("the proof holds now", holds, f"{verified.valid_from}…{verified.valid_until}, now {seen.now}"),
        _all_right("authoritative answers", verified.authoritative),
        _all_right("resolver answers", verified.resolvers),
        *money_claims(seen.paid),
        told_once(seen.paid, seen.seller),
        *told_in_order(seen.seller, (*NODE, *NAME, RECEIVED)),
        *told_in_order(seen.payer, (*NODE, *PAYMENT)),
    ]


def _all_right(what: str, probes: tuple[Probe, ...]) -> Claim:
    wrong = [f"{probe.server}/{probe.transport}: {probe.detail}" for probe in probes if not probe.ok]
    right = bool(probes) and not wrong
    return claim(f"{len(probes)} {what}, all as published", right, "; ".join(wrong) or "none was checked")
