"""The door's rules: one table row a rule, then any bytes at all: an answer, never an exception, never an echo."""

from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.requests.admission import FRESH_S, TurnedAway, admit
from bus.requests.refusal import addressee
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.flows import FLOWS
from schemas.ids import OpId, op_of, owner_of
from schemas.problems import PROBLEMS
from schemas.requests import (
    Cancel,
    NodeDelete,
    NodeRegister,
    NodeStart,
    NodeStop,
    Request,
    UsernameRegister,
    UsernameRelease,
    UsernameRotate,
)

NOW = 1_800_000_000.0
PUBKEY = "ab" * 32
OWNER = owner_of(PUBKEY)
OP = op_of(OWNER, "k")
NODE = "02" + "11" * 32
SECRET = "abandon abandon abandon"

_common: dict[str, Any] = {
    "op": OP,
    "owner": OWNER,
    "pubkey": PUBKEY,
    "body_sha256": "00" * 32,
    "asked_at": utc_text(NOW),
}
NAME: Request = partial(UsernameRegister, **_common)(username="alice", domain="shop.test", node_id=NODE)
ROTATE: Request = partial(UsernameRotate, **_common)(username="alice", domain="shop.test", node_id=NODE)
RELEASE: Request = partial(UsernameRelease, **_common)(username="alice", domain="shop.test")
NODE_ASKED: Request = partial(NodeRegister, **_common)(node_id=NODE, network="regtest")
START: Request = partial(NodeStart, **_common)(node_id=NODE)
STOP: Request = partial(NodeStop, **_common)(node_id=NODE)
DELETE: Request = partial(NodeDelete, **_common)(node_id=NODE)
CANCEL: Request = partial(Cancel, **_common)()
ON = {
    NAME: subjects.request("username", "register", OP),
    ROTATE: subjects.request("username", "rotate", OP),
    RELEASE: subjects.request("username", "release", OP),
    NODE_ASKED: subjects.request("node", "register", OP),
    START: subjects.request("node", "start", OP),
    STOP: subjects.request("node", "stop", OP),
    DELETE: subjects.request("node", "delete", OP),
    CANCEL: subjects.request("node", "cancel", OP),
}


def judged(request: Request, subject: str = "", *, replayed: bool = False, **fields: Any) -> object:
    """What the door says of `request` with other values in some fields."""
    changed = msgspec.structs.replace(request, **fields)
    return admit(subject or ON[request], encode(changed), NOW, replayed=replayed)


@pytest.mark.parametrize("request_", ON, ids=lambda request: type(request).__name__)
def test_a_good_request_is_taken_as_it_is(request_: Request) -> None:
    assert judged(request_) == request_


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"op": "A" * 26}, "op"),
        ({"op": "a.b"}, "op"),
        ({"owner": "*"}, "owner"),
        ({"pubkey": PUBKEY.upper()}, "pubkey"),
        ({"pubkey": ""}, "pubkey"),
        ({"body_sha256": "x"}, "bodySha256"),
        ({"body_sha256": "00" * 33}, "bodySha256"),
        ({"asked_at": "yesterday"}, "askedAt"),
        ({"asked_at": "2027-01-15T08:00:00"}, "askedAt"),
        ({"asked_at": ""}, "askedAt"),
        ({"traceparent": "00-zz"}, "traceparent"),
        ({"node_id": NODE.upper()[:-2] + "FF"}, "nodeId"),
        ({"node_id": "a.b.>"}, "nodeId"),
        ({"username": "a" * 513}, "username"),
        ({"domain": "a" * 513}, "domain"),
    ],
)
def test_a_field_of_another_shape_is_named(fields: dict[str, Any], path: str) -> None:
    away = judged(NAME, **fields)
    assert isinstance(away, TurnedAway)
    assert (away.code, away.owner) == ("invalid-body", None)
    assert away.detail.endswith(f"- at `$.{path}`")


def test_an_invitation_has_a_length() -> None:
    away = judged(NODE_ASKED, invite_code="x" * 257)
    assert isinstance(away, TurnedAway)
    assert away.detail.endswith("- at `$.inviteCode`")


@pytest.mark.parametrize(
    ("request_", "subject", "code"),
    [
        (NAME, subjects.request("username", "register", OpId("b" * 26)), "request-mismatch"),
        (NAME, subjects.request("username", "cancel", OP), "request-mismatch"),
        (NAME, subjects.request("node", "register", OP), "request-mismatch"),
        (CANCEL, subjects.request("username", "register", OP), "request-mismatch"),
        (NAME, subjects.request("username", "burn", OP), "request-unknown"),
        (NAME, subjects.request("bogus", "register", OP), "request-unknown"),
    ],
)
def test_a_subject_of_another_request(request_: Request, subject: str, code: str) -> None:
    away = judged(request_, subject)
    assert isinstance(away, TurnedAway)
    assert away.code == code


def test_an_owner_is_proven_by_the_public_key() -> None:
    away = judged(NAME, pubkey="cd" * 32)
    assert isinstance(away, TurnedAway)
    assert (away.code, away.owner) == ("owner-mismatch", None)


@pytest.mark.parametrize("way", [-1, 1])
def test_a_request_is_fresh_when_it_is_stored(way: int) -> None:
    assert not isinstance(judged(NAME, asked_at=utc_text(NOW + way * FRESH_S)), TurnedAway)
    away = judged(NAME, asked_at=utc_text(NOW + way * (FRESH_S + 1)))
    assert isinstance(away, TurnedAway)
    assert (away.code, away.owner) == ("request-stale", OWNER)
    assert not isinstance(judged(NAME, asked_at=utc_text(NOW + way * 1e6), replayed=True), TurnedAway)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b"null", b'"x"', b'{"type":7}', b'{"type":"' + SECRET.encode() + b'"}']
)
def test_bytes_that_are_no_request(data: bytes) -> None:
    assert isinstance(admit(ON[NAME], data, NOW), TurnedAway)


@pytest.mark.parametrize("field", ["type", "op", "network", "askedAt", "pubkey", "nodeId", "traceparent"])
@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: 1}, 7, None])
def test_what_was_sent_is_never_repeated(field: str, value: object) -> None:
    document = msgspec.json.decode(encode(NODE_ASKED)) | {field: value}
    answer = admit(ON[NODE_ASKED], msgspec.json.encode(document), NOW)
    assert SECRET not in str(answer) or not isinstance(answer, TurnedAway)
    assert isinstance(answer, TurnedAway) or (field, value) == ("traceparent", None)


json_values: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1.5, 1 << 70, "", "x", ".", "*", "\x00", "₿", "0" * 64, [], {}, [[]]]
)
changes = st.dictionaries(st.sampled_from([*msgspec.json.decode(encode(NAME)), "new"]), json_values, max_size=3)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert isinstance(admit(ON[NAME], data, NOW), TurnedAway)


@given(changes)
def test_any_change_is_answered_with_a_problem_of_the_table(changed: dict[str, object]) -> None:
    document = msgspec.json.decode(encode(NAME)) | changed
    answer = admit(ON[NAME], msgspec.json.encode(document), NOW)
    if isinstance(answer, TurnedAway):
        assert answer.code in PROBLEMS
    else:
        assert (answer.op, answer.owner) == (OP, OWNER)


@given(st.text(st.characters(exclude_characters=". ", exclude_categories=("Cs", "Cc", "Zs")), min_size=1, max_size=80))
def test_every_subject_has_somebody_to_tell(token: str) -> None:
    addressed = addressee(f"req.v1.username.register.{token}")
    assert addressed == token or len(addressed) == 26
    assert not set(addressed) & set(".*> ")


def test_no_fact_is_called_as_a_refusal_is_told() -> None:
    for flow in FLOWS.values():
        for step in flow.steps:
            assert "refused" not in {*flow.notes, step.done, step.undone}
