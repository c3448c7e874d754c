"""What the demo claims in its table, and whether each claim is true: pure functions over what the edge answered."""

from dataclasses import dataclass

from schemas.base import Wire
from schemas.facts import Probe
from schemas.frames import Msg

EXPECTED = (
    "node.register.opened",
    "node.register.registered",
    "node.register.scheduled",
    "node.register.ready",
    "username.register.reserved",
    "username.register.offered",
    "username.register.composed",
    "username.register.published",
    "username.register.authoritative",
    "username.register.verified",
    "username.register.activated",
)
"""The notifications a registration must bring, in this order (others may stand between them)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A line of the table that has to be true; `why_not` is empty when it is."""

    text: str
    why_not: str = ""


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
    """Everything the demo looked at: the operation's result, two public answers, the notifications."""

    result: NameResult
    name: dict[str, object]
    resolved: dict[str, object]
    messages: tuple[Msg, ...]
    is_gapless: bool
    now: int


def claims(seen: Seen) -> list[Claim]:
    """Every claim of the table, judged."""
    verified = seen.result
    uri = verified.uri
    holds = verified.valid_from <= seen.now <= verified.valid_until
    return [
        _claim(f"{verified.display} is live", seen.name.get("state") == "active", str(seen.name)),
        _claim("GET /v1/names shows the same URI", seen.name.get("uri") == uri, str(seen.name.get("uri"))),
        _claim("resolving it from the root gives the same URI", seen.resolved.get("uri") == uri, str(seen.resolved)),
        _claim("the chain is secure", verified.verdict == "secure", verified.verdict),
        _claim("the proof holds now", holds, f"{verified.valid_from}…{verified.valid_until}, now {seen.now}"),
        _all_right("authoritative answers", verified.authoritative),
        _all_right("resolver answers", verified.resolvers),
        _in_order(seen.messages),
        _claim("no notification is missing between two others", seen.is_gapless, "a gap"),
    ]


def _claim(text: str, is_true: bool, why_not: str) -> Claim:
    return Claim(text, "" if is_true else why_not or "false")


def _all_right(what: str, probes: tuple[Probe, ...]) -> Claim:
    wrong = [f"{probe.server}/{probe.transport}: {probe.detail}" for probe in probes if not probe.ok]
    return Claim(f"{len(probes)} {what}, all as published", "; ".join(wrong) or ("" if probes else "none was checked"))


def _in_order(messages: tuple[Msg, ...]) -> Claim:
    types = iter(message.type for message in messages)
    missing = [kind for kind in EXPECTED if kind not in types]
    return Claim("the notifications arrived in order", f"missing or out of order: {missing}" if missing else "")
