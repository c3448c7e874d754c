"""What a client is told of a field that breaks its pattern: words, never the regular expression."""

import msgspec
import pytest

from schemas.nodes import NodeId
from services.edge.routes.invoices import InvoiceBody
from services.edge.routes.offers import NewOfferBody
from services.edge.routes.payments import PaymentBody
from services.edge.web.body import decode_body
from services.edge.web.fields import IN_WORDS, Amount, Msat
from services.edge.web.refusal import Refusal


class Body(msgspec.Struct):
    """A field of each kind."""

    msat: Msat = "0"
    amount: Amount = "any"
    node: NodeId = "02" + "ab" * 32


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        (Body, b'{"msat": "-1"}', "Expected an amount in msat: a whole number, as text - at `$.msat`"),
        (Body, b'{"amount": "0"}', "a whole number from 1, as text, or `any` - at `$.amount`"),
        (Body, b'{"node": "02AB"}', "Expected a node's public key: 66 hex digits in lower case - at `$.node`"),
        (PaymentBody, b'{"to": "x", "maxFeeMsat": "1.5"}', "an amount in msat: a whole number, as text"),
        (InvoiceBody, b'{"description": "x", "orderId": " "}', "letters, digits or any of"),
        (NewOfferBody, b'{"description": "x", "amountMsat": "0"}', "an amount in msat"),
    ],
)
def test_a_broken_pattern_is_told_in_words(kind: type[msgspec.Struct], body: bytes, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode_body(body, kind)
    assert says in refused.value.detail
    assert "regex" not in refused.value.detail


def test_every_pattern_has_words_of_its_own() -> None:
    assert len(set(IN_WORDS.values())) == len(IN_WORDS) == 4
