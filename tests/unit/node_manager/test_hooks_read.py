"""What Greenlight posts: the signature over the very bytes, and no more read of it than is needed."""

import base64
import hashlib
import hmac

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hooks import GreenlightEvent, HookCall, hook_in, hook_url
from services.node_manager.hooks.reading import event_in, is_signed

SECRET = "0123456789abcdef"
NODE = "02" + "ab" * 32


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@given(st.binary(max_size=200), st.integers(0, 199), st.integers(1, 255))
def test_the_secret_signs_the_very_bytes(body: bytes, at: int, change: int) -> None:
    assert is_signed(body, signature(body), SECRET)
    assert not is_signed(body, signature(body), SECRET + "x")
    assert not is_signed(body + b" ", signature(body), SECRET)
    if body:
        other = bytearray(body)
        other[at % len(body)] ^= change
        assert not is_signed(bytes(other), signature(body), SECRET)


@pytest.mark.parametrize("said", ["", "=", "é" * 44, signature(b"x").lower(), signature(b"x") + "="])
def test_what_is_no_signature_signs_nothing(said: str) -> None:
    assert not is_signed(b"x", said, SECRET)


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(b"x", signature(b"x", ""), "")


def test_an_event_is_read_as_far_as_it_is_needed() -> None:
    said = b'{"event_id":"e","event_type":"node_stuck","timestamp":1,"blockheight":7,"headheight":9,"lag":2}'
    wanted = GreenlightEvent(event_id="e", event_type="node_stuck", blockheight=7, headheight=9, lag=2)
    assert event_in(said) == wanted
    assert event_in(b'{"event_id":"e","event_type":"invoice_payment","preimage":"ff"}') is not None
    for nothing in (b"", b"[]", b"{}", b"\xff", b'{"event_id":"e","event_type":"node_stuck","lag":-1}', b"[" * 100_000):
        assert event_in(nothing) is None


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    event_in(data)


def test_a_body_is_never_shown() -> None:
    call = HookCall(node_id=NODE, hook="h", signature=signature(b"secret"), body=b"secret")
    assert "secret" not in repr(call)
    assert "secret" not in str(call)


@pytest.mark.parametrize("node_id", ["*", ">", "02" * 34, NODE + ".>", "05" + "ab" * 32])
def test_nobody_asks_about_more_than_one_node(node_id: str) -> None:
    said = msgspec.json.encode({"nodeId": node_id, "hook": "", "signature": "", "body": ""})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(said, type=HookCall)


def test_the_address_is_the_nodes() -> None:
    url = hook_url("https://pay.example", NODE, "hook")
    assert url == f"https://pay.example/v1/nodes/{NODE}/greenlight/hook"
    assert hook_in(url) == "hook"
