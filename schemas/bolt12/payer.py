"""A payer's keys: one for each request, found again from the request itself, so that nothing needs to be remembered."""

import hmac
from typing import Final

from coincurve import PrivateKey

from schemas.bolt12.invoice_request import InvoiceRequestFields

METADATA_BYTES: Final = 16
"""How many random bytes make a request's metadata."""
_PURPOSE: Final = b"invreq_payer_id"


def payer_secret(base: bytes, metadata: bytes) -> bytes:
    """The secret (32 bytes) of the request with `metadata`; `base` is the payer's own secret (32 bytes).

    The transient key reveals neither the base key nor another request's. Raises ValueError in one of 2^128 cases.
    """
    return PrivateKey(hmac.digest(base, _PURPOSE + metadata, "sha256")).secret


def payer_id(base: bytes, metadata: bytes) -> bytes:
    """The public key (33 bytes) of `payer_secret`."""
    return PrivateKey(payer_secret(base, metadata)).public_key.format()


def is_own(request: InvoiceRequestFields, base: bytes) -> bool:
    """Whether the payer with `base` made `request`, which may come back inside an invoice."""
    return request.metadata is not None and request.payer_id == payer_id(base, request.metadata)
