"""The ladder of a node's readiness: a rung holds with all below it, and turns are told neither twice nor too soon."""

from hypothesis import given
from hypothesis import strategies as st

from proto import node_pb2
from schemas.nodes import SignerState
from services.node_manager.lifecycle import looks, news, wedge
from services.node_manager.lifecycle.readiness import (
    RUNGS,
    STARTING,
    STOPPED,
    Evidence,
    Standing,
    evidence,
    readiness,
    signer_of,
    standing,
    turned,
)
from services.node_manager.lifecycle.signed import FRESH_S, Signed

SIGNERS: tuple[SignerState, ...] = ("attached", "detached", "unknown")
SEEN = st.builds(
    Evidence,
    runs=st.booleans(),
    answers=st.booleans(),
    signer=st.sampled_from(SIGNERS),
    peers=st.integers(0, 3),
    follows_chain=st.booleans(),
)
WHOLE = Evidence(runs=True, answers=True, signer="attached", peers=1, follows_chain=True)
STANDINGS = st.builds(Standing, st.sampled_from(RUNGS), st.sampled_from(SIGNERS))


def test_every_rung_is_reached_and_nothing_is_above_the_last() -> None:
    ladder = (
        STOPPED,
        STARTING,
        Evidence(runs=True, answers=True),
        Evidence(runs=True, answers=True, signer="attached"),
        Evidence(runs=True, answers=True, signer="attached", peers=2),
        WHOLE,
    )
    assert tuple(readiness(seen) for seen in ladder) == RUNGS


@given(SEEN)
def test_a_rung_holds_only_with_all_below_it(seen: Evidence) -> None:
    rung = RUNGS.index(readiness(seen))
    holds = (True, seen.runs, seen.answers, seen.signer == "attached", seen.peers > 0, seen.follows_chain)
    assert all(holds[: rung + 1])
    assert rung == len(RUNGS) - 1 or not holds[rung + 1]


@given(SEEN, SEEN)
def test_more_evidence_never_lowers_a_node(one: Evidence, other: Evidence) -> None:
    both = Evidence(
        runs=one.runs or other.runs,
        answers=one.answers or other.answers,
        signer="attached" if "attached" in (one.signer, other.signer) else one.signer,
        peers=max(one.peers, other.peers),
        follows_chain=one.follows_chain or other.follows_chain,
    )
    assert RUNGS.index(readiness(both)) >= max(RUNGS.index(readiness(one)), RUNGS.index(readiness(other)))


@given(STANDINGS, STANDINGS)
def test_what_is_shown_already_is_no_turn_and_what_is_seen_twice_is_one(shown: Standing, now: Standing) -> None:
    assert not turned(shown, now, shown)
    assert turned(shown, now, now) is (shown != now)


@given(STANDINGS, st.none() | STANDINGS, STANDINGS)
def test_rising_and_stopping_are_told_at_once_and_sinking_only_when_it_lasts(
    shown: Standing, before: Standing | None, now: Standing
) -> None:
    told = turned(shown, before, now)
    if RUNGS.index(now.state) > RUNGS.index(shown.state):
        assert told
    elif now != shown and now.state != "registered":
        assert told is (now == before)


def answered(*connected: bool, warning: str | None = None) -> Evidence:
    peers = [node_pb2.ListpeersPeers(id=b"\x02" * 33, connected=one) for one in connected]
    return evidence(node_pb2.GetinfoResponse(warning_lightningd_sync=warning), node_pb2.ListpeersResponse(peers=peers))


def test_peers_show_the_signer() -> None:
    assert standing(answered(True, False)) == Standing("synced", "attached")
    assert standing(answered(False)) == Standing("rpc", "detached")
    assert standing(answered()) == Standing("rpc", "unknown")
    assert standing(answered(True, warning="still catching up")) == Standing("peers", "attached")
    assert signer_of(known=2, connected=0, signed_lately=True) == "attached"


@given(st.lists(st.integers(0, 5_000), max_size=200))  # whole seconds: no test of how floats are rounded
def test_a_node_that_comes_and_goes_drowns_nothing_and_there_is_room_again(moments: list[int]) -> None:
    told: list[float] = []
    about = news.News()
    for now in sorted(moments):
        has_room = about.has_room(now)
        may = about.may_tell(now)
        told += [now] if may else []
        assert has_room is may
    for at in told:
        assert sum(at - news.WITHIN_S < other <= at for other in told) <= news.AT_MOST
    assert about.has_room(10_000)


def test_looks_thin_out() -> None:
    pauses = [looks.pause(since) for since in range(0, 100_000, 7)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (looks.SOONEST_S, looks.LATEST_S)


@given(st.lists(st.integers(0, 100_000), max_size=60))
def test_restarts_within_an_hour_are_bounded_whenever_they_are_wanted(wanted: list[int]) -> None:
    restarts: tuple[float, ...] = ()
    done: list[float] = []
    for now in sorted(wanted):
        following = wedge.restart(restarts, now)
        if isinstance(following, wedge.Restart):
            restarts = following.restarts
            done.append(now)
            assert following.number == len(restarts) <= wedge.AT_MOST
    for at in done:
        assert sum(at - wedge.WITHIN_S < other <= at for other in done) <= wedge.AT_MOST


def test_a_signature_proves_a_signer_for_seconds_only() -> None:
    now = 100.0
    signed = Signed(lambda: now)
    assert not signed.lately("https://a")
    signed.note("https://a")
    assert signed.lately("https://a")
    assert not signed.lately("https://b")
    now += FRESH_S
    assert not signed.lately("https://a")
    signed.note("https://a")
    signed.forget("https://a")
    assert not signed.lately("https://a")
