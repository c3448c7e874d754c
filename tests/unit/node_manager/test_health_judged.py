"""What is known of a node says how a name that it serves is: its signer, and the offer that the name pays."""

import pytest

from schemas.health import FINE, WHAT_TO_DO, HealthState
from schemas.ids import OpId, Owner
from schemas.nodes import NodeState, SignerState
from schemas.records import NodeView
from services.node_manager.greenlight.errors import Unreachable
from services.node_manager.health.judge import Active, Offers, offer_of, signer_of, unheard
from services.node_manager.offers.home import Announced, Hidden, Home

from .test_offering import POINT, offer_text

EXPIRY, LAST_S = 10_000, 600.0
MINE, PATHLESS = offer_text(pathed=True), offer_text(pathed=False)


def active(*offers: str, announced: bool = False) -> Active:
    return Active(frozenset(offers), Home(POINT.hex(), Announced() if announced else Hidden()))


def view(state: NodeState, signer: SignerState) -> NodeView:
    return NodeView(
        node_id="02" * 33,
        owner=Owner("o" * 26),
        op=OpId("p" * 26),
        network="regtest",
        state=state,
        since="2026-01-01T00:00:00.000Z",
        signer=signer,
    )


@pytest.mark.parametrize(
    ("state", "signer", "expected"),
    [
        ("synced", "attached", "ok"),
        ("rpc", "detached", "down"),
        ("rpc", "unknown", "unknown"),
        ("registered", "attached", "unknown"),
        ("scheduled", "detached", "unknown"),
    ],
)
def test_a_signer_is_there_as_far_as_the_node_runs_and_shows_it(
    state: NodeState, signer: SignerState, expected: HealthState
) -> None:
    reading = signer_of(view(state, signer))
    assert (reading.state, reading.reason in WHAT_TO_DO) == (expected, True)


def test_a_node_that_we_do_not_know_has_no_signer() -> None:
    assert signer_of(None).reason == "node-unknown"


@pytest.mark.parametrize(
    ("known", "now", "reason"),
    [
        (active(MINE, "other"), 0, "fine"),
        (active("other"), 0, "offer-disabled"),
        (active(MINE), EXPIRY - LAST_S, "offer-expiring"),
        (active(MINE), EXPIRY, "offer-expired"),
        (unheard(Unreachable("UNAVAILABLE")), EXPIRY, "offer-expired"),
        (unheard(Unreachable("UNAVAILABLE")), 0, "node-unreachable"),
    ],
)
def test_an_offer_is_as_good_as_the_node_says_and_no_longer_than_it_lasts(
    known: Offers, now: float, reason: str
) -> None:
    assert offer_of(known, MINE, EXPIRY, LAST_S, now).reason == reason
    assert offer_of(active(MINE), MINE, None, LAST_S, now) == FINE


def test_an_offer_without_a_path_is_as_good_as_its_node_is_known() -> None:
    assert offer_of(active(PATHLESS, announced=True), PATHLESS, None, LAST_S, 0) == FINE
    hidden = offer_of(active(PATHLESS), PATHLESS, None, LAST_S, 0)
    assert (hidden.state, hidden.reason, hidden.reason in WHAT_TO_DO) == ("down", "node-unannounced", True)
