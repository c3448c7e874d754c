"""BOLT 12: offers as text and as data, with every rule of the specification answered one by one.

`decode_offer` and `encode_offer` give an offer (or its text) or a `Problem`; they raise nothing. Structure is judged
first, then meaning; what depends on us and on the clock (chain, expiry, paths) is `check_offer`, so that an expired
offer still decodes. An offer keeps its bytes: unknown odd fields stay as they were, and so do its ids.

Shared by every BOLT 12 message, ready for invoice requests and invoices beside offers: text (the string format), tlv
and bigsize (the stream), paths, points, features, merkle (root and signature digest), reasons.
"""

from schemas.bolt12.merkle import merkle_root, signature_digest
from schemas.bolt12.offer import CHAINS, MAX_MSAT, Offer, OfferFields, decode_offer, decode_offer_bytes
from schemas.bolt12.offer_writer import encode_offer
from schemas.bolt12.paths import BlindedPath, Hop
from schemas.bolt12.policy import check_offer
from schemas.bolt12.reasons import Problem, Reason, Stage

OfferProblem = Problem

__all__ = [
    "CHAINS",
    "MAX_MSAT",
    "BlindedPath",
    "Hop",
    "Offer",
    "OfferFields",
    "OfferProblem",
    "Problem",
    "Reason",
    "Stage",
    "check_offer",
    "decode_offer",
    "decode_offer_bytes",
    "encode_offer",
    "merkle_root",
    "signature_digest",
]
