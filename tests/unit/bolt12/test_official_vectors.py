"""The official BOLT 12 vectors, whole: the string format, every offer with its fields, merkle roots and signatures."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.bolt12 import (
    CHAINS,
    InvoiceRequest,
    Offer,
    OfferFields,
    Problem,
    Reason,
    decode_invoice_request,
    decode_invoice_request_bytes,
    decode_offer,
    encode_offer,
    sign_invoice_request,
)
from schemas.bolt12.merkle import merkle_root, signature_digest, tagged_hash
from schemas.bolt12.offer_writer import write_offer
from schemas.bolt12.text import decode_text
from schemas.bolt12.tlv import read_stream
from tests.unit.bolt12.parties import public

# Where the right answer is a matter of choice: writing again what a careful writer would not have written.
NOT_WRITTEN = {"for bitcoin (redundant)", "with single quantity (weird but valid)"}


def load(vectors: Path, name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((vectors / name).read_text())
    assert cases
    return cases


def valid_offers(vectors: Path) -> dict[str, Offer]:
    decoded = {c["description"]: decode_offer(c["bolt12"]) for c in load(vectors, "offers-test.json") if c["valid"]}
    return {name: offer for name, offer in decoded.items() if isinstance(offer, Offer)}


def test_string_format(vectors: Path) -> None:
    cases = load(vectors, "format-string-test.json")
    assert [c["valid"] for c in cases] == [isinstance(decode_offer(c["string"]), Offer) for c in cases]
    first = decode_offer(cases[0]["string"])
    for case in cases:
        decoded = decode_offer(case["string"])
        assert isinstance(decoded, Problem) or decoded == first


def test_offers_are_accepted_and_refused(vectors: Path) -> None:
    cases = load(vectors, "offers-test.json")
    assert sum(c["valid"] for c in cases) == 20
    wrong = [c["description"] for c in cases if c["valid"] != isinstance(decode_offer(c["bolt12"]), Offer)]
    assert not wrong


def test_the_fields_of_every_offer(vectors: Path) -> None:
    """The records of the stream are those of the vector, and writing the decoded fields gives them again."""
    offers = valid_offers(vectors)
    for case in load(vectors, "offers-test.json"):
        if not case["valid"]:
            continue
        offer = offers[case["description"]]
        records = [(kind, offer.data[value:end].hex()) for kind, _, value, end in read_stream(offer.data)]
        assert records == [(f["type"], f["hex"]) for f in case["fields"]], case["description"]
        assert [len(bytes.fromhex(value)) for _, value in records] == [f["length"] for f in case["fields"]]
        assert write_offer(offer) == offer.data, case["description"]
        assert offer.text == case["bolt12"]


def test_writing_again_gives_the_same_text(vectors: Path) -> None:
    for name, offer in valid_offers(vectors).items():
        written = encode_offer(offer)
        assert isinstance(written, Problem) if name in NOT_WRITTEN else written == offer.text, name


def test_what_the_decoded_fields_say(vectors: Path) -> None:
    offers = valid_offers(vectors)
    assert offers["Minimal bolt12 offer"].payable_chains == (CHAINS["bitcoin"],)
    assert offers["for testnet"].chains == (CHAINS["testnet"],)
    assert offers["for bitcoin or liquidv1"].chains[1] == CHAINS["bitcoin"]
    assert offers["with metadata"].metadata == bytes(16)
    assert offers["with amount"].amount == 10000
    assert (offers["with currency"].currency, offers["with currency"].amount) == ("USD", 10000)
    assert offers["with expiry"].absolute_expiry == 2051184600
    assert offers["with issuer"].issuer == "https://bolt12.org BOLT12 industries"
    assert offers["with unlimited (or unknown) quantity"].quantity_max == 0
    assert offers["with single quantity (weird but valid)"].quantity_max == 1
    assert offers["with feature"].features == (1 << 99).to_bytes(13, "big")
    assert offers["unknown odd field"].unknown == ((33, b"helloworld"),)
    assert offers["unknown odd experimental field"].unknown == ((1_000_000_033, b"helloworld"),)


def test_the_paths_of_the_vectors(vectors: Path) -> None:
    offers = valid_offers(vectors)
    by_channel = offers["same, with blinded path first_node_id using sciddir"].paths[0]
    assert by_channel.introduction_channel == (0, 42)
    first, second = offers["... and with second blinded path via 1x2x3 (direction 1), path_key 020202..."].paths
    assert first.introduction_channel is None
    assert first.first_path_key == b"\x02" * 33
    assert [hop.blinded_node_id for hop in first.hops] == [b"\x02" * 33] * 2
    assert [hop.encrypted_data for hop in first.hops] == [bytes(16), b"\x11" * 8]
    assert second.introduction_channel == (1, 1 << 40 | 2 << 16 | 3)
    assert [hop.encrypted_data for hop in second.hops] == [bytes(16), b"\x22" * 8]


def test_merkle_roots_and_signature(vectors: Path) -> None:
    for case in load(vectors, "signature-test.json"):
        leaves = [next(key for key in leaf if "LnLeaf" in key) for leaf in case["leaves"]]
        stream = b"".join(bytes.fromhex(leaf.split(",")[1].rstrip(")")) for leaf in leaves)
        assert merkle_root(stream).hex() == case["merkle"], case["comment"]
        for leaf in case["leaves"]:
            for key, expected in leaf.items():
                if "LnLeaf" in key:
                    assert tagged_hash(b"LnLeaf", bytes.fromhex(key.split(",")[1].rstrip(")"))).hex() == expected


def test_a_signed_invoice_request(vectors: Path) -> None:
    """Read, understood, verified, and signed again: the very same bytes."""
    case = next(c for c in load(vectors, "signature-test.json") if c["tlv"] == "invoice_request")
    request = decode_invoice_request(case["bolt12"])
    assert isinstance(request, InvoiceRequest)
    assert request.text == case["bolt12"]
    root = merkle_root(request.data)
    assert root.hex() == case["merkle"]
    assert signature_digest("invoice_request", "signature", root).hex() == case["H(signature_tag,merkle)"]
    assert request.signature is not None
    assert request.signature.hex() == case["signature"]
    assert request.offer == OfferFields(
        currency="USD", amount=100, description="A Mathematical Treatise", issuer_id=public(b"\x41" * 32)
    )
    assert (request.metadata, request.payer_id, request.amount) == (bytes(8), public(b"\x42" * 32), None)
    assert sign_invoice_request(request, b"\x42" * 32) == request


def test_a_signature_that_is_not_the_vectors(vectors: Path) -> None:
    case = next(c for c in load(vectors, "signature-test.json") if c["tlv"] == "invoice_request")
    data = decode_text(case["bolt12"], b"lnr1")
    for damaged in (data[:-1] + bytes((data[-1] ^ 1,)), data.replace(b"USD", b"EUR")):
        found = decode_invoice_request_bytes(damaged)
        assert isinstance(found, Problem)
        assert (found.reason, found.tlv) == (Reason.SIGNATURE, 240)


def test_a_root_needs_a_field() -> None:
    with pytest.raises(ValueError, match="no field"):
        merkle_root(b"")
    with pytest.raises(ValueError, match="no field"):
        merkle_root(b"\xf0\x00")
