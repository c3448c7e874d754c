"""Messages whose key lies in a signer: the same bytes as if it were here, and no signature is taken on trust."""

import msgspec
from coincurve import PrivateKey

from schemas.bolt12 import (
    FIELD,
    InvoiceFields,
    InvoiceRequestFields,
    OpenedHop,
    PlannedHop,
    Problem,
    Reason,
    RecipientData,
    Unsigned,
    create_path,
    open_hop,
    open_shared,
    request_for,
    signature_digest,
    signed_invoice,
    signed_invoice_request,
    unsigned_invoice,
    unsigned_invoice_request,
)
from tests.unit.bolt12.parties import ISSUER, PAYER, STRANGER, public
from tests.unit.bolt12.written import MINE, an_invoice, offer_of, signed_request


def by(secret: bytes, unsigned: Unsigned) -> bytes:
    """As a signer would sign it, who sees the root alone."""
    digest = signature_digest(unsigned.message, FIELD, unsigned.root)
    signature: bytes = PrivateKey(secret).sign_schnorr(digest, bytes(32))
    return signature


def test_a_request_is_the_same_wherever_its_key_is() -> None:
    fields = request_for(offer_of(MINE), metadata=bytes(16), payer_id=public(PAYER))
    unsigned = unsigned_invoice_request(fields)
    assert isinstance(unsigned, Unsigned)
    assert signed_invoice_request(unsigned, by(PAYER, unsigned)) == signed_request(fields)
    refused = signed_invoice_request(unsigned, by(STRANGER, unsigned))
    assert isinstance(refused, Problem)
    assert refused.reason is Reason.SIGNATURE


def test_an_invoice_is_the_same_wherever_its_key_is() -> None:
    wanted = an_invoice()
    fields = InvoiceFields(**{name: getattr(wanted, name) for name in InvoiceFields.__struct_fields__})
    unsigned = unsigned_invoice(fields)
    assert isinstance(unsigned, Unsigned)
    assert signed_invoice(unsigned, by(ISSUER, unsigned)) == wanted
    refused = signed_invoice(unsigned, bytes(64))
    assert isinstance(refused, Problem)
    assert refused.reason is Reason.SIGNATURE


def test_a_rule_that_is_broken_is_found_before_or_after() -> None:
    fields = request_for(offer_of(MINE), metadata=bytes(16), payer_id=public(PAYER))
    too_large = unsigned_invoice_request(msgspec.structs.replace(fields, amount=1 << 64))
    assert isinstance(too_large, Problem)
    without_payer = unsigned_invoice_request(InvoiceRequestFields(offer=fields.offer, metadata=bytes(16)))
    assert isinstance(without_payer, Unsigned)
    assert isinstance(signed_invoice_request(without_payer, bytes(64)), Problem)


def test_a_hop_is_read_with_the_shared_secret_alone() -> None:
    path = create_path(STRANGER, [PlannedHop(public(ISSUER), RecipientData(path_id=b"mine"))])
    assert not isinstance(path, Problem)
    encrypted = path.hops[0].encrypted_data
    shared = PrivateKey(ISSUER).ecdh(path.first_path_key)
    whole = open_hop(ISSUER, path.first_path_key, encrypted)
    assert isinstance(whole, OpenedHop)
    assert open_shared(shared, encrypted) == whole.data
    for wrong in (bytes(32), b""):
        assert open_shared(wrong, encrypted) == Problem(Reason.PATH_SEALED)
