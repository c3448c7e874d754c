"""The payment record that an operator asks for: judged whole before anything is written anywhere.

What may stand in DNS is exactly what we compose ourselves, `bitcoin:?lno=<offer>` with one valid offer and nothing
else: an amount, a proof of payment or something required would be wrong for everybody who pays again (BIP 321, 353).
"""

from dataclasses import dataclass

from schemas.bip321 import UriProblem, compose, parse
from schemas.bolt12 import CHAINS, Problem, check_offer, decode_offer

MAX_URI_BYTES = 2000
"""A TXT record may hold more, but not at every provider: at most 2048 characters with quotes and pauses."""


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A record that may be published: `uri` is its payload byte for byte; `expires_at` is its offer's, unix seconds."""

    uri: str
    offer: str
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """The first rule it breaks: a row of `schemas.problems`, and a sentence that repeats nothing of what was sent."""

    code: str
    detail: str


def payment_record(uri: str, *, network: str, now: float, valid_for_s: float) -> PaymentRecord | RecordProblem:
    """What `uri` may stand for in DNS, or why not.

    `network` is ours; its offer must hold for `valid_for_s` from `now` (unix seconds): until no cache has the record.
    """
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
    broken = check_offer(offer, chain_hash=CHAINS[network], now=now, valid_for_s=valid_for_s, needs_path=True)
    if broken:
        return RecordProblem(broken[0].code, broken[0].detail)
    return PaymentRecord(composed, offer.text, offer.absolute_expiry)


def _uri(detail: str) -> RecordProblem:
    return RecordProblem("uri-invalid", detail)
