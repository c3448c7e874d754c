"""The payment record that an operator asks for: judged whole before anything is written anywhere.

What may stand in DNS is exactly what we compose ourselves, `bitcoin:?lno=<offer>` with one valid offer and nothing
else: an amount, a proof of payment or something required would be wrong for everybody who pays again (BIP 321, 353).
"""

from dataclasses import dataclass

from schemas.bip321 import UriProblem, compose, parse
from schemas.bolt12 import CHAINS, Offer, Problem, check_offer, decode_offer

MAX_URI_BYTES = 2000
"""A TXT record may hold more, but not at every provider: at most 2048 characters with quotes and pauses."""


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A record that may be published as long as its offer holds: `uri` is its payload byte for byte."""

    uri: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """The first rule it breaks: a row of `schemas.problems`, and a sentence that repeats nothing of what was sent."""

    code: str
    detail: str


def payment_record(uri: str, network: str) -> PaymentRecord | RecordProblem:
    """What `uri` may stand for in DNS on `network`, or why it never can."""
    if len(uri) > MAX_URI_BYTES:
        return _uri(f"it has more than {MAX_URI_BYTES} characters")
    if uri.lower().count("bitcoin:") > 1:
        return _uri("it says bitcoin: more than once")
    found = parse(uri)
    if isinstance(found, UriProblem):
        return RecordProblem(found.code, found.detail)
    if len(found.offers) != 1:
        return _uri("it must hold exactly one offer (lno)")
    offer = decode_offer(found.offers[0])
    if isinstance(offer, Problem):
        return RecordProblem(offer.code, offer.detail)
    composed = compose(offer.text)
    if uri.lower() != composed:
        return _uri("it must be bitcoin:?lno=<offer> and nothing else: no address, no other key, no percent escape")
    return _broken(check_offer(offer, chain_hash=CHAINS[network], now=0.0, needs_path=True)) or PaymentRecord(
        composed, offer
    )


def ends_too_soon(record: PaymentRecord, *, network: str, now: float, valid_for_s: float) -> RecordProblem | None:
    """Why `record` may not be published at `now` (unix seconds): its offer must hold until no cache has the record."""
    return _broken(check_offer(record.offer, chain_hash=CHAINS[network], now=now, valid_for_s=valid_for_s))


def _broken(problems: tuple[Problem, ...]) -> RecordProblem | None:
    return RecordProblem(problems[0].code, problems[0].detail) if problems else None


def _uri(detail: str) -> RecordProblem:
    return RecordProblem("uri-invalid", detail)
