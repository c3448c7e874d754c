"""Whose a name is, decided from the record alone; and which names may be asked for at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Fail
from schemas.facts import Requested
from schemas.ids import OpId, op_of, owner_of
from schemas.names import Name
from schemas.problems import PROBLEMS
from schemas.records import NameRecord, NameState
from schemas.requests import NodeRegister, UsernameRegister
from schemas.settings import SettingError, Settings
from services.offer_builder import claims
from services.offer_builder.asked import asked_of
from services.offer_builder.handlers.reserve import permitted
from services.offer_builder.refusals import REFUSALS
from services.offer_builder.service import check_domains

PUBKEY = "11" * 32
OWNER = owner_of(PUBKEY)
OP, OTHER = op_of(OWNER, "one"), op_of(OWNER, "two")
NODE = "02" * 33
SETTINGS = Settings(name_domains=("shop.test", "shop.example"), network="regtest")


def record(op: OpId, state: NameState = "reserved") -> NameRecord:
    return NameRecord(name="alice@shop.test", owner=OWNER, op=op, state=state, node_id=NODE)


def operation(username: str, domain: str = "shop.test") -> Operation:
    request = UsernameRegister(
        op=OP, owner=OWNER, pubkey=PUBKEY, body_sha256="", asked_at="", username=username, domain=domain, node_id=NODE
    )
    fact = Requested(flow="username.register", flow_version=1, request=request)
    return Operation(OpRef(OWNER, OP), (StoredFact("requested", "offer-builder", fact, 1, 0.0),))


def test_no_record_is_a_free_name() -> None:
    assert claims.standing(None, 0, OP) == claims.Free()


@given(st.sampled_from([OP, OTHER]), st.sampled_from(["reserved", "active"]), st.integers(1, 10**9))
def test_a_record_is_ours_only_by_its_operation(op: OpId, state: NameState, revision: int) -> None:
    held = record(op, state)
    if op != OP:
        assert claims.standing(held, revision, OP) == claims.Foreign()
    elif state == "active":
        assert claims.standing(held, revision, OP) == claims.Live(held, revision)
    else:
        assert claims.standing(held, revision, OP) == claims.Reserved(held, revision)


def test_a_good_name_in_a_domain_of_ours_is_permitted() -> None:
    assert permitted(operation("alice"), SETTINGS) == Name("alice", "shop.test")
    assert permitted(operation("alice", "shop.example"), SETTINGS) == Name("alice", "shop.example")


@pytest.mark.parametrize(
    ("username", "domain", "code"),
    [
        ("alice", "other.test", "domain-unknown"),
        ("alice", "SHOP.test", "domain-unknown"),
        ("alice", "", "domain-unknown"),
        ("Alice", "shop.test", "username-invalid"),
        ("ſatoshi", "shop.test", "username-invalid"),
        ("a..b", "shop.test", "username-invalid"),
        ("a" * 64, "shop.test", "username-invalid"),
        ("", "shop.test", "username-invalid"),
        ("alice@x", "shop.test", "username-invalid"),
        ("alice.>", "shop.test", "username-invalid"),
        ("admin", "shop.test", "username-reserved"),
        ("adm1n", "shop.test", "username-confusable"),
    ],
)
def test_any_other_is_refused_cleanly_with_its_code(username: str, domain: str, code: str) -> None:
    refused = permitted(operation(username, domain), SETTINGS)
    assert isinstance(refused, Fail)
    assert (refused.code, refused.clean) == (code, True)
    assert refused.detail


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_raises(username: str, domain: str) -> None:
    permitted(operation(username, domain), SETTINGS)
    permitted(operation(username), SETTINGS)


def test_every_refusal_is_a_problem_users_can_look_up() -> None:
    assert set(REFUSALS) <= set(PROBLEMS)


def test_another_kind_of_operation_is_a_mistake_not_a_refusal() -> None:
    node = NodeRegister(op=OP, owner=OWNER, pubkey=PUBKEY, body_sha256="", asked_at="", node_id=NODE, network="regtest")
    fact = Requested(flow="node.register", flow_version=1, request=node)
    with pytest.raises(TypeError):
        asked_of(Operation(OpRef(OWNER, OP), (StoredFact("requested", "-", fact, 1, 0.0),)))


@pytest.mark.parametrize("domain", ["Shop.test", "shop..test", "shöp.test", "a" * 64, "x" * 240])
def test_a_domain_that_could_hold_no_name_is_refused_at_start(domain: str) -> None:
    with pytest.raises(SettingError, match="MESH_NAME_DOMAINS"):
        check_domains(Settings(name_domains=(domain,)))
    check_domains(SETTINGS)
