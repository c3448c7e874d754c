"""Requests and invoices written, signed and read again: nothing is lost, and nothing can be changed."""

from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.bolt12 import (
    CHAINS,
    MAX_MSAT,
    METADATA_BYTES,
    Bip353Name,
    BlindedPath,
    BlindedPayinfo,
    Fallback,
    Invoice,
    InvoiceFields,
    InvoiceRequest,
    InvoiceRequestFields,
    Message,
    Offer,
    OfferFields,
    OpenedHop,
    Payable,
    PaymentPath,
    PlannedHop,
    Problem,
    Reason,
    RecipientData,
    check_invoice,
    check_request,
    create_path,
    decode_invoice,
    decode_invoice_bytes,
    decode_invoice_request,
    decode_invoice_request_bytes,
    invoice_for,
    is_own,
    open_hop,
    payer_id,
    payer_secret,
    payinfo_over,
    request_for,
    sign_invoice,
    sign_invoice_request,
)
from tests.unit.bolt12.parties import ISSUER, NOW, PAYER, STRANGER, public
from tests.unit.bolt12.test_offer_writer import PATHS, offers
from tests.unit.bolt12.written import MINE, an_invoice, offer_of, signed_request

ODD = st.dictionaries(st.integers(46, 79).map(lambda half: half * 2 + 1), st.binary(max_size=20), max_size=2)
PAYINFO = st.builds(
    BlindedPayinfo,
    fee_base_msat=st.integers(0, 2**32 - 1),
    fee_proportional_millionths=st.integers(0, 2**32 - 1),
    cltv_expiry_delta=st.integers(0, 2**16 - 1),
    htlc_minimum_msat=st.integers(0, 2**64 - 1),
    htlc_maximum_msat=st.integers(0, 2**64 - 1),
    features=st.sampled_from([b"", b"\x02", b"\x80\x00"]),
)
WAYS = st.lists(st.builds(PaymentPath, PATHS, PAYINFO), min_size=1, max_size=2)
NAMES = st.builds(Bip353Name, st.from_regex(r"[a-zA-Z0-9._-]{1,20}", fullmatch=True), st.just("shop.test"))


@st.composite
def requests(draw: st.DrawFn) -> tuple[Offer, InvoiceRequestFields]:
    """An issuer's offer and an answer to it that keeps every rule."""
    fields = msgspec.structs.replace(draw(offers()), issuer_id=public(ISSUER))
    if fields.currency is None and fields.amount is not None:
        fields = msgspec.structs.replace(fields, amount=fields.amount % 10**12 + 1)
    offer = offer_of(fields)
    quantity = None
    if offer.quantity_max is not None:
        quantity = draw(st.integers(1, min(offer.quantity_max or 1000, 1000)))
    least = offer.amount * (quantity or 1) if offer.amount is not None and offer.currency is None else 1
    amount = draw(st.integers(least, MAX_MSAT) if offer.amount is None else st.none() | st.integers(least, MAX_MSAT))
    request = request_for(
        offer,
        metadata=draw(st.binary(min_size=METADATA_BYTES, max_size=40)),
        payer_id=public(PAYER),
        amount=amount,
        quantity=quantity,
        chain=draw(st.sampled_from(offer.payable_chains)),
        payer_note=draw(st.none() | st.text(max_size=30)),
        bip_353_name=draw(st.none() | NAMES),
    )
    features = draw(st.sampled_from([None, b"", b"\x02"]))
    unknown = tuple(sorted(draw(ODD).items()))
    return offer, msgspec.structs.replace(request, features=features, unknown=unknown)


def said(message: msgspec.Struct, kind: type[msgspec.Struct]) -> dict[str, object]:
    return {name: getattr(message, name) for name in kind.__struct_fields__}


@settings(max_examples=150, deadline=None)
@given(requests(), WAYS, st.data())
def test_an_exchange(made: tuple[Offer, InvoiceRequestFields], ways: list[PaymentPath], data: st.DataObject) -> None:
    """Offer, request, invoice: each reads back as it was written, answers the one before, and is the same each time."""
    offer, fields = made
    request = signed_request(fields)
    assert said(request, InvoiceRequestFields) == said(fields, InvoiceRequestFields)
    assert decode_invoice_request(request.text.upper()) == request
    assert decode_invoice_request_bytes(request.data) == request
    assert sign_invoice_request(request, PAYER) == request
    assert request.offer_data == offer.data
    assert check_request(request, offer, chain_hash=fields.paid_on, now=0, converted_msat=1) in ((), _expired(offer))

    answer = invoice_for(
        request,
        node_id=public(ISSUER),
        paths=ways,
        payment_hash=data.draw(st.binary(min_size=32, max_size=32)),
        created_at=data.draw(st.integers(0, 2**64 - 1)),
        relative_expiry=data.draw(st.none() | st.integers(0, 2**32 - 1)),
        converted_msat=77,
        features=data.draw(st.sampled_from([frozenset(), frozenset({16}), frozenset({17, 99})])),
        fallbacks=data.draw(st.none() | st.just((Fallback(1, bytes(32)), Fallback(77, b"")))),
    )
    invoice = sign_invoice(answer, ISSUER)
    assert isinstance(invoice, Invoice), invoice
    assert said(invoice.request, InvoiceRequestFields) == said(fields, InvoiceRequestFields)
    assert [getattr(invoice, name) for name in InvoiceFields.__struct_fields__[1:]] == [
        getattr(answer, name) for name in InvoiceFields.__struct_fields__[1:]
    ]
    assert decode_invoice(invoice.text) == invoice
    assert decode_invoice_bytes(invoice.data) == invoice
    assert sign_invoice(invoice, ISSUER) == invoice
    assert invoice.repeated == request.repeated
    verdict = check_invoice(invoice, request, chain_hash=fields.paid_on, now=float(invoice.created_at))
    assert isinstance(verdict, Payable), verdict
    assert verdict.amount_msat == (77 if request.asked_msat is None else request.asked_msat)
    assert verdict.paths == tuple(ways)


def _expired(offer: Offer) -> tuple[Problem, ...] | None:
    return (Problem(Reason.EXPIRED, 14, Message.INVOICE_REQUEST),) if offer.absolute_expiry == 0 else None


def test_every_flipped_bit_is_refused() -> None:
    """Of a request and of an invoice, bit by bit: what was signed cannot be changed."""
    invoice = an_invoice()
    request = signed_request(invoice.request)
    for data, decode in ((request.data, decode_invoice_request_bytes), (invoice.data, decode_invoice_bytes)):
        for bit in range(len(data) * 8):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            assert isinstance(decode(bytes(flipped)), Problem), bit


@given(st.binary(max_size=300), st.sampled_from([decode_invoice_bytes, decode_invoice_request_bytes]))
def test_any_bytes_get_an_answer(data: bytes, decode: Callable[[bytes], Invoice | InvoiceRequest | Problem]) -> None:
    result = decode(data)
    assert isinstance(result, Problem) or result.data == data


@given(st.text() | st.text(alphabet="lnir1qpzry+ \nLNO"), st.sampled_from(["lni1", "lnr1", ""]))
def test_any_text_gets_an_answer(text: str, prefix: str) -> None:
    assert isinstance(decode_invoice(prefix + text), Problem)
    assert isinstance(decode_invoice_request(prefix + text), Problem | InvoiceRequest)


def test_a_payer_knows_their_own_requests() -> None:
    base, metadata = b"\x66" * 32, b"sixteen bytes of"
    asked = request_for(offer_of(MINE), metadata=metadata, payer_id=payer_id(base, metadata))
    request = signed_request(asked, payer_secret(base, metadata))
    assert is_own(request, base)
    assert not is_own(request, STRANGER)
    assert not is_own(msgspec.structs.replace(request, metadata=b"other"), base)
    assert not is_own(InvoiceRequestFields(offer=MINE), base)
    assert len({public(base), payer_id(base, metadata), payer_id(base, b"other"), payer_id(STRANGER, metadata)}) == 4


def test_an_invoice_from_a_path_is_signed_by_its_end() -> None:
    """The issuer opens the hop that their offer's path ends in: the key it yields signs."""
    node, path_id = b"\x67" * 32, b"mine"
    path = create_path(b"\x68" * 32, [PlannedHop(public(node), RecipientData(path_id=path_id))])
    assert isinstance(path, BlindedPath)
    asked = request_for(offer_of(OfferFields(paths=(path,))), metadata=bytes(16), payer_id=public(PAYER), amount=5)
    request = signed_request(asked)
    hop = open_hop(node, path.first_path_key, path.hops[0].encrypted_data)
    assert isinstance(hop, OpenedHop)
    assert hop.data.path_id == path_id
    end = path.hops[-1].blinded_node_id
    payinfo = payinfo_over([], final_cltv_delta=18, htlc_minimum_msat=1, htlc_maximum_msat=10)
    answer = invoice_for(
        request, node_id=end, paths=[PaymentPath(path, payinfo)], payment_hash=bytes(32), created_at=NOW
    )
    invoice = sign_invoice(answer, hop.blinded_secret)
    assert isinstance(invoice, Invoice), invoice
    verdict = check_invoice(invoice, request, chain_hash=CHAINS["bitcoin"], now=NOW, sent_to=end)
    assert isinstance(verdict, Payable)
    assert sign_invoice(answer, node) == Problem(Reason.SIGNING_KEY, None, Message.INVOICE)
