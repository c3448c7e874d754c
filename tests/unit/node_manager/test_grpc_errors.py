"""The table of gRPC errors: complete, and safe where a call may have had its effect."""

import grpc
import pytest

from services.node_manager.greenlight.channels import BadAddress, Channels, Identity
from services.node_manager.greenlight.errors import _KINDS, Refused, Unclear, Unreachable, classify

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


@pytest.mark.parametrize("uri", ["http://localhost:1", "localhost:1", "https://", "https://a/b", "file:///etc/passwd"])
def test_only_an_https_address_is_ever_connected_to(uri: str) -> None:
    with pytest.raises(BadAddress):
        Channels(b"").hold(uri, Identity(b"", b""))


def test_an_identity_shows_nothing() -> None:
    assert repr(Identity(b"CERT", b"KEY")) == "Identity()"
