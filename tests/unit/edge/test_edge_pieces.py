"""The small pure parts of the edge: preferences, traces, bodies, problems, digests, names, sealing keys."""

import base64
import json

import msgspec
import nkeys
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.buckets.kv import Entry
from schemas.base import encode
from schemas.ids import OpId, Owner
from schemas.names import Name
from schemas.problems import PROBLEMS
from schemas.records import NameRecord, SealingKey
from schemas.resolve import Absent, Proof, Resolved, Unresolved, Unusable
from services.edge.asking.canonical import digest
from services.edge.asking.requests import _KEY as KEY
from services.edge.routes.names import free_name, taken_name
from services.edge.routes.nodes import NodeBody
from services.edge.routes.resolve import answer
from services.edge.routes.sealing_keys import is_good
from services.edge.routes.usernames import UsernameBody, registrable
from services.edge.web.body import decode_body
from services.edge.web.preferences import wait_of
from services.edge.web.refusal import Refusal, problem_response
from services.edge.web.trace import trace_of

NAME = Name("alice", "shop.test")
PROOF = Proof(valid_from=1, valid_until=2, cache_s=3, zones=(".", "test."))


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 0),
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("Wait = 7", 7),
        ('wait="3"', 3),
        ("wait=5; foo=bar", 5),
        ("wait=999999999", 30),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait=²", 0),
        ("wait", 0),
        ("nonsense;;,,=", 0),
    ],
)
def test_prefer(prefer: str, seconds: int) -> None:
    assert wait_of(prefer) == seconds


@given(st.text())
def test_prefer_never_raises_and_never_waits_longer_than_we_allow(prefer: str) -> None:
    assert 0 <= wait_of(prefer) <= 30


def test_a_trace_is_taken_over_or_made_up() -> None:
    given_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert trace_of(f"00-{given_id}-00f067aa0ba902b7-01").trace_id == given_id
    for bad in (None, "", "00-x-y-01", f"ff-{given_id}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01"):
        made = trace_of(bad)
        assert made.trace_id not in {given_id, "0" * 32}
        assert len(made.trace_id) == 32
    assert trace_of(None) != trace_of(None)


def refused(body: bytes, kind: type[msgspec.Struct] = UsernameBody) -> Refusal:
    with pytest.raises(Refusal) as found:
        decode_body(body, kind)
    return found.value


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"username": "\xc3\x28"}', b"nul"])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    assert refused(body).code == "malformed-json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "username"),
        (b"[]", "object"),
        (b'{"username": 7}', "$.username"),
        (b'{"username": "a", "surprise": 1}', "surprise"),
        (b'{"username": "a", "node_id": "x"}', "node_id"),
        (b'{"username": "a", "nodeId": "x"}', "$.nodeId"),
        (b'{"username": "a", "domain": null, "nodeId": "02' + b"A" * 64 + b'"}', "$.nodeId"),
        (b'{"username": "' + b"a" * 600 + b'"}', "$.username"),
    ],
)
def test_a_wrong_shape_names_the_field_and_not_the_value(body: bytes, field: str) -> None:
    found = refused(body)
    assert found.code == "invalid-body"
    assert field in found.detail
    assert "surprising" not in found.detail


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    body = b'{"sealed":{"instance":"a","kid":"k","box":"AAAA"},"network":"abandon \'abandon\' about"}'
    found = refused(body, NodeBody)
    assert "$.network" in found.detail
    assert "abandon" not in found.detail
    assert "about" not in found.detail


@pytest.mark.parametrize(
    "sealed",
    [
        {"instance": "a.b", "kid": "k", "box": "AAAA"},
        {"instance": "*", "kid": "k", "box": "AAAA"},
        {"instance": "", "kid": "k", "box": "AAAA"},
        {"instance": "abc", "kid": "k", "box": "not base64!"},
        {"instance": "abc", "kid": "k", "box": "AAAA", "mnemonic": "x"},
        {"instance": "abc\n", "kid": "k", "box": "AAAA"},
    ],
)
def test_a_sealed_box_can_never_spell_another_subject(sealed: dict[str, str]) -> None:
    assert refused(json.dumps({"sealed": sealed}).encode(), NodeBody).code == "invalid-body"


def test_a_sealed_box_is_not_shown() -> None:
    body = decode_body(b'{"sealed":{"instance":"abc","kid":"k","box":"QUJD"}}', NodeBody)
    assert "QUJD" not in repr(body)


def test_every_problem_renders() -> None:
    for code, row in PROBLEMS.items():
        response = problem_response(Refusal(code), "t" * 32)
        document = json.loads(bytes(response.body))
        assert (response.status_code, document["status"]) == (row.status, row.status)
        assert (document["code"], document["traceId"], document["retryable"]) == (code, "t" * 32, row.retryable)
        assert document["title"]
        assert document["type"].endswith(code)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["cache-control"] == "no-store"
        assert ("retry-after" in response.headers) == (row.status == 503)


def test_a_code_nobody_knows_is_internal_and_still_a_problem() -> None:
    assert Refusal("no-such-code").code == "internal"


def test_the_digest_depends_on_every_field_and_on_the_kind() -> None:
    digests = {
        digest("a", x="1", y=None),
        digest("a", x="1", y="2"),
        digest("a", x="2", y=None),
        digest("b", x="1", y=None),
    }
    assert len(digests) == 4
    assert digest("a", x="1", y=None) == digest("a", y=None, x="1")


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("ſatoshi", "username-invalid"),
        ("a..b", "username-invalid"),
        ("a" * 64, "username-invalid"),
        ("admin", "username-reserved"),
    ],
)
def test_a_bad_username_is_refused_before_anything_else(username: str, code: str) -> None:
    with pytest.raises(Refusal) as found:
        registrable(UsernameBody(username=username), ("shop.test",))
    assert found.value.code == code
    assert username not in found.value.detail


def test_domains() -> None:
    assert registrable(UsernameBody(username="alice"), ("shop.test", "b.test")) == NAME
    assert registrable(UsernameBody(username="alice", domain="b.test"), ("shop.test", "b.test")).domain == "b.test"
    for domain, configured in (("other.test", ("shop.test",)), ("Shop.test", ("shop.test",)), (None, ())):
        with pytest.raises(Refusal) as found:
            registrable(UsernameBody(username="alice", domain=domain), configured)
        assert found.value.code == "domain-unknown"


def test_a_taken_name_shows_nothing_of_its_owner() -> None:
    record = NameRecord(
        name="alice@shop.test",
        owner=Owner("o" * 26),
        op=OpId("p" * 26),
        state="active",
        node_id="02" + "ab" * 32,
        uri="bitcoin:?lno=lno1x",
    )
    shown = encode(taken_name(NAME, Entry(record, 9, 0.0))).decode()
    assert "bitcoin:?lno=lno1x" in shown
    for secret in (record.owner, record.op, record.node_id):
        assert secret not in shown


@pytest.mark.parametrize(
    ("name", "available", "code"),
    [
        (NAME, True, None),
        (Name("admin", "shop.test"), False, "username-reserved"),
        (Name("alice", "elsewhere.test"), False, "domain-unknown"),
        (Name("-a", "shop.test"), False, "username-invalid"),
    ],
)
def test_a_free_name_says_why_it_is_not_available(name: Name, available: bool, code: str | None) -> None:
    shown = free_name(name, ("shop.test",))
    assert shown.available is available
    assert (shown.reason.code if shown.reason else None) == code


def test_resolving_tells_four_things_apart() -> None:
    found = answer(NAME, Resolved(name=NAME.text, verdict="secure", owner_name="x.", uri="bitcoin:?lno=a", proof=PROOF))
    assert json.loads(bytes(found.body))["uri"] == "bitcoin:?lno=a"
    codes = []
    for reply in (
        Absent(name=NAME.text, verdict="secure", owner_name="x.", proof=PROOF),
        Unusable(name=NAME.text, verdict="bogus", code="dnssec-bogus", detail="no"),
        Unresolved(name=NAME.text, verdict="indeterminate", code="dnssec-indeterminate", detail="?"),
    ):
        with pytest.raises(Refusal) as refusal:
            answer(NAME, reply)
        codes.append((refusal.value.code, refusal.value.status))
    assert codes == [("name-unknown", 404), ("dnssec-bogus", 502), ("dnssec-indeterminate", 503)]


def test_a_sealing_key_must_be_alive_and_signed_by_the_pinned_key() -> None:
    pair = nkeys.from_seed(nkeys.encode_seed(b"\x01" * 32, nkeys.PREFIX_BYTE_USER))
    other = nkeys.from_seed(nkeys.encode_seed(b"\x02" * 32, nkeys.PREFIX_BYTE_USER))
    pinned = (pair.public_key.decode(),)
    key = SealingKey(instance="abc", kid="k", public_key="cHVi", expires_at=100)

    def signed(by: nkeys.KeyPair) -> SealingKey:
        signature = base64.b64encode(by.sign(key.signing_bytes())).decode()
        return msgspec.structs.replace(key, signature=signature)

    assert is_good(signed(pair), pinned, 99.0)
    assert is_good(signed(other), (*pinned, other.public_key.decode()), 99.0)  # while the key is rotated
    assert is_good(key, None, 99.0)
    assert not is_good(signed(pair), pinned, 100.0)
    assert not is_good(signed(other), pinned, 99.0)
    assert not is_good(key, pinned, 99.0)
    assert not is_good(msgspec.structs.replace(signed(pair), public_key="ZXZpbA=="), pinned, 99.0)
    assert not is_good(msgspec.structs.replace(key, signature="not base64"), pinned, 99.0)


@pytest.mark.parametrize(
    ("key", "good"), [("a", True), ("x" * 255, True), ("x" * 256, False), ("a b", False), ("é", False)]
)
def test_idempotency_keys(key: str, good: bool) -> None:
    assert bool(KEY.fullmatch(key)) is good
