"""An offer under every rule at once, where `decode_offer` stops at the first that is broken.

A rule is kept, broken, or unjudged: what it is about could not be read, or no offer says it. An offer decodes exactly
if every rule of structure and of meaning is kept; rules of policy and of writing are said as well, and make no offer
invalid.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.bolt12.offer import (
    OFFER,
    OFFER_LAYOUT,
    PREFIX_BYTES,
    Offer,
    OfferFields,
    decode_offer_bytes,
    senseless,
)
from schemas.bolt12.offer_check import check_offer
from schemas.bolt12.offer_writer import needless
from schemas.bolt12.reasons import Message, Problem, Reason, Refused, Stage
from schemas.bolt12.text import decode_text
from schemas.bolt12.tlv import Record, read_stream


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its stable name, itself in words, the reasons that say it is broken, and the fields it cannot be
    judged without once they are there."""

    name: str
    words: str
    reasons: tuple[Reason, ...]
    reads: frozenset[int] = frozenset()

    @property
    def stage(self) -> Stage:
        """When it is judged."""
        return self.reasons[0].stage


TEXT: Final = Rule(
    "text",
    "lno1 and then bech32 characters of one case, joined by + alone, and nothing left over",
    (
        Reason.CHARACTER,
        Reason.MIXED_CASE,
        Reason.JOIN,
        Reason.PREFIX,
        Reason.EMPTY,
        Reason.PADDING_LENGTH,
        Reason.PADDING_BITS,
    ),
)
STREAM: Final = Rule(
    "stream",
    "whole fields in rising order, each once, their types and lengths in the shortest form",
    (
        Reason.TRUNCATED_TYPE,
        Reason.TRUNCATED_LENGTH,
        Reason.TRUNCATED_VALUE,
        Reason.BIGSIZE,
        Reason.ORDER,
        Reason.DUPLICATE,
    ),
)
PATH: Final = Rule(
    "path", "a node that nobody hears of is reached by a blinded path", (Reason.WITHOUT_PATH,), frozenset({16})
)
RULES: Final = (
    TEXT,
    STREAM,
    Rule("types", "every field has a type that offers may use", (Reason.TYPE_RANGE,)),
    Rule("known", "every field that must be understood is known", (Reason.UNKNOWN_EVEN,)),
    Rule(
        "numbers",
        "a number fits 64 bits and does not begin with a zero byte",
        (Reason.INTEGER_LENGTH, Reason.INTEGER_ZEROS),
    ),
    Rule("utf8", "text is UTF-8", (Reason.UTF8,)),
    Rule("currency", "a currency is three capital letters (ISO 4217)", (Reason.CURRENCY,), frozenset({6})),
    Rule("chains", "chains, if named, are at least one", (Reason.CHAINS_EMPTY, Reason.CHAINS_LENGTH)),
    Rule(
        "hops",
        "blinded paths, if there, are at least one, and each has a hop",
        (Reason.PATHS_EMPTY, Reason.PATH_TRUNCATED, Reason.PATH_WITHOUT_HOPS),
        frozenset({16}),
    ),
    Rule(
        "points",
        "every key is a point on the curve",
        (Reason.POINT_LENGTH, Reason.ISSUER_ID, Reason.PATH_FIRST_NODE, Reason.PATH_KEY, Reason.PATH_HOP),
        frozenset({16, 22}),
    ),
    Rule("features", "every feature that must be understood is known", (Reason.FEATURE,), frozenset({12})),
    Rule(
        "amount",
        "an amount is more than zero and not more than all bitcoin there will be",
        (Reason.AMOUNT_ZERO, Reason.AMOUNT_TOO_LARGE),
        frozenset({6, 8}),
    ),
    Rule(
        "description", "what has an amount has a description", (Reason.AMOUNT_WITHOUT_DESCRIPTION,), frozenset({8, 10})
    ),
    Rule("price", "what has a currency has an amount", (Reason.CURRENCY_WITHOUT_AMOUNT,), frozenset({6, 8})),
    Rule("issuer", "there is an issuer's key or a blinded path", (Reason.ISSUER_MISSING,), frozenset({16, 22})),
    Rule("chain", "it may be paid on our chain", (Reason.WRONG_CHAIN,), frozenset({2})),
    Rule("expiry", "it has not expired", (Reason.EXPIRED,), frozenset({14})),
    PATH,
    Rule("plain-chains", "bitcoin alone is not named", (Reason.CHAINS_NEEDLESS,), frozenset({2})),
    Rule("plain-quantity", "a single item is not counted", (Reason.QUANTITY_NEEDLESS,), frozenset({20})),
    Rule("plain-features", "features do not begin with a zero byte", (Reason.FEATURES_PADDED,), frozenset({12})),
)
"""Each rule of BOLT 12 for who reads or writes an offer, in the order in which they are judged."""


@dataclass(frozen=True, slots=True)
class Kept:
    """It keeps `rule`."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class Broken:
    """It breaks `rule`, first of all like this."""

    rule: Rule
    problem: Problem


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What `rule` is about could not be read; or an offer does not say it, as whether its issuer is announced."""

    rule: Rule


Ruling = Kept | Broken | Unjudged


@dataclass(frozen=True, slots=True)
class Examined:
    """What each rule says, in the order of `RULES`; the offer, if it is one; and what could be read (None: no fields).

    `unreadable` are fields that are there and break a rule of their own; `said` is silent about them. `foreign` are
    those without a meaning for us, also where they must have one: (type, value).
    """

    rulings: tuple[Ruling, ...]
    offer: Offer | None = None
    said: OfferFields | None = None
    unreadable: frozenset[int] = frozenset()
    foreign: tuple[tuple[int, bytes], ...] = ()


def examine_offer(text: str, *, chain_hash: bytes, now: float) -> Examined:
    """`text` under every rule, for who is on the chain `chain_hash` (see `CHAINS`) at `now` (unix seconds)."""
    try:
        data = decode_text(text, PREFIX_BYTES)
        records = read_stream(data)
    except Refused as refused:
        return Examined(tuple(_stopped(rule, refused.problem(Message.OFFER)) for rule in RULES))
    offer = decode_offer_bytes(data)
    said, broken = (offer, ()) if isinstance(offer, Offer) else _readable(data, records)
    unreadable = frozenset(problem.tlv for problem in broken if problem.tlv is not None)
    meant = (
        *(Problem(reason, tlv) for reason, tlv in senseless(said)),
        *check_offer(said, chain_hash=chain_hash, now=now, needs_path=True),
        *(Problem(reason, tlv) for reason, tlv in needless(said)),
    )
    return Examined(
        rulings=tuple(_ruling(rule, said, broken, unreadable, meant) for rule in RULES),
        offer=offer if isinstance(offer, Offer) else None,
        said=said,
        unreadable=frozenset(kind for kind in unreadable if kind in OFFER.fields),
        foreign=tuple((kind, data[at:end]) for kind, _, at, end in records if kind not in OFFER.fields),
    )


def _readable(data: bytes, records: Iterable[Record]) -> tuple[OfferFields, Sequence[Problem]]:
    """What the fields say that keep their own rules, and what each of the others breaks."""
    good, broken = [], []
    for record in records:
        try:
            OFFER_LAYOUT.read(data, [record])
        except Refused as refused:
            broken.append(refused.problem(Message.OFFER))
        else:
            good.append(record)
    (said,) = OFFER_LAYOUT.read(data, good)
    return OfferFields(**said), broken  # type: ignore[arg-type]  # each row of OFFER reads what its field holds


def _is_found_by_id(said: OfferFields, unreadable: frozenset[int]) -> bool:
    """Whether payers would have to know the issuer's node, which they do if it is announced."""
    return not said.paths and (said.issuer_id is not None or 22 in unreadable)


def _stopped(rule: Rule, problem: Problem) -> Ruling:
    if problem.reason in rule.reasons:
        return Broken(rule, problem)
    return Kept(rule) if rule is TEXT else Unjudged(rule)


def _ruling(
    rule: Rule, said: OfferFields, broken: Sequence[Problem], unreadable: frozenset[int], meant: Sequence[Problem]
) -> Ruling:
    for problem in broken:
        if problem.reason in rule.reasons:
            return Broken(rule, problem)
    if rule.reads & unreadable or (rule is PATH and _is_found_by_id(said, unreadable)):
        return Unjudged(rule)
    for problem in meant:
        if problem.reason in rule.reasons:
            return Broken(rule, problem)
    return Kept(rule)
