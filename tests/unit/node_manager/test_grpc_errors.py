"""The table of gRPC errors: complete, and safe where a call may have had its effect."""

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.node_manager.greenlight.channels import BadAddress, Channels, Identity
from services.node_manager.greenlight.errors import _KINDS, Refused, Unclear, Unreachable, classify
from services.node_manager.paying.codes import Sure, read_fetch
from services.sandbox.greenlight.errors import ClnError, Code

CLN = 'Error calling method Offer: RpcError { code: Some(1000), message: "Already exists", data: None }'


def test_every_status_has_a_meaning() -> None:
    assert set(_KINDS) == set(grpc.StatusCode)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, Unreachable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Unreachable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Unclear),
        (grpc.StatusCode.CANCELLED, Unclear),
        (grpc.StatusCode.INTERNAL, Unclear),
        (grpc.StatusCode.UNKNOWN, Unclear),
        (grpc.StatusCode.ALREADY_EXISTS, Refused),
        (grpc.StatusCode.NOT_FOUND, Refused),
        (grpc.StatusCode.UNAUTHENTICATED, Refused),
        (grpc.StatusCode.PERMISSION_DENIED, Refused),
    ],
)
def test_what_may_have_happened_is_never_called_refused(code: grpc.StatusCode, kind: type) -> None:
    assert type(classify(code, None)) is kind


def test_a_core_lightning_error_is_a_clear_no_with_its_code() -> None:
    assert classify(grpc.StatusCode.UNKNOWN, CLN) == Refused("UNKNOWN", 1000)
    minus = CLN.replace("Some(1000)", "Some(-32602)")
    assert classify(grpc.StatusCode.UNKNOWN, minus) == Refused("UNKNOWN", -32602)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" + CLN,
        'the payer wrote: "' + CLN + '"',
        CLN.replace("Some(1000)", "None"),
        CLN.replace("Some(1000)", "Some(1e3)"),
        CLN.replace("Some(1000)", "Some(" + "9" * 40 + ")"),
        CLN.replace("Some(1000)", "Some(\u0661)"),
        "converting invoice response to grpc: missing field",
    ],
)
def test_a_text_that_is_not_exactly_core_lightnings_is_unclear(text: str) -> None:
    assert classify(grpc.StatusCode.UNKNOWN, text) == Unclear("UNKNOWN")


def test_only_the_status_that_carries_core_lightnings_errors_is_parsed() -> None:
    assert classify(grpc.StatusCode.INTERNAL, CLN) == Unclear("INTERNAL")
    assert classify(grpc.StatusCode.UNAVAILABLE, CLN) == Unreachable("UNAVAILABLE")


def test_the_servers_text_goes_no_further() -> None:
    secret = classify(grpc.StatusCode.INVALID_ARGUMENT, "csr for secret words refused")
    assert "secret" not in repr(secret) + str(secret)


SAID = (
    "Error calling method FetchInvoice: RpcError { code: Some(1004), "
    'message: "Remote node sent failure message", data: Some(Object {%s"error": String("%s")}) }'
)


def words(text: str) -> str:
    refused = classify(grpc.StatusCode.UNKNOWN, text)
    assert isinstance(refused, Refused)
    assert refused.cln_code == 1004
    return refused.words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Offer no longer available", "Offer no longer available"),
        (r"it is \"mine\" \\ not \'yours\'", "it is \"mine\" \\ not 'yours'"),
        (r"a\nb\u{202e}c\0", "a b c"),
        ("a\u202eb\nc", "a b c"),
        ("x" * 300, "x" * 200 + "…"),
        ("", ""),
    ],
)
def test_why_a_payee_refuses_is_told_in_harmless_words(said: str, shown: str) -> None:
    assert words(SAID % ("", said)) == shown
    assert words(SAID % ('"erroneous_field": Number(82), "suggested_value": String("0a"), ', said)) == shown


@pytest.mark.parametrize(
    "text",
    [
        CLN.replace("1000", "1004"),
        (SAID % ("", "x")).replace("Remote node sent", "Another"),
        SAID % ('"note": String("\\"error\\": String(\\"rune"), ', "x"),
        (SAID % ("", "x")).replace("Object", "Array"),
    ],
)
def test_no_other_text_counts_as_a_payees(text: str) -> None:
    assert words(text) == ""


def test_who_pays_is_told_what_the_payee_says_and_no_log_is() -> None:
    refused = classify(grpc.StatusCode.UNKNOWN, SAID % ("", "sold out"))
    assert isinstance(refused, Refused)
    assert read_fetch(refused) == Sure("invoice-refused", "the payee says: “sold out”")
    assert "sold" not in repr(refused) + str(refused)


@given(st.text(max_size=400))
def test_whatever_a_payee_says_is_one_short_printable_line(said: str) -> None:
    shown = words(ClnError(Code.OFFER_BAD_ANSWER, "Remote node sent failure message", said).details("FetchInvoice"))
    assert len(shown) <= 201
    assert shown.isprintable()


@pytest.mark.parametrize("uri", ["http://localhost:1", "localhost:1", "https://", "https://a/b", "file:///etc/passwd"])
def test_only_an_https_address_is_ever_connected_to(uri: str) -> None:
    with pytest.raises(BadAddress):
        Channels(b"").hold(uri, Identity(b"", b""))


def test_an_identity_shows_nothing() -> None:
    assert repr(Identity(b"CERT", b"KEY")) == "Identity()"
