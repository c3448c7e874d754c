"""The small parts of zone signing: settings, registries, patience, and how long a gate was seen open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.slip import position
from schemas.flows import FLOWS, FlowName
from schemas.records import Streak
from schemas.signing import SignedZone, UpdateServer, signed_zones
from schemas.zones import STATES, Ds, Span, is_zone, moving_s
from services.dns_publisher.signing.rdap import Free, InTheWay, Locked, judge
from services.dnssec_verifier.zones.conditions import Want
from services.dnssec_verifier.zones.gates import GATES, Gate, Times
from services.dnssec_verifier.zones.gates import Lasting as Duration
from services.dnssec_verifier.zones.seen import ZoneSeen
from services.dnssec_verifier.zones.streak import AMISS_LOOKS, LONGEST_PAUSE_S, Amiss, Closed, Lasting, Open
from services.dnssec_verifier.zones.streak import judge as judge_look
from tests.unit.edge.histories import histories

ZONE_FLOWS: tuple[FlowName, ...] = ("zone.sign", "zone.unsign", "zone.roll")


def test_an_entry_says_who_signs_and_who_is_the_parent() -> None:
    entry = "shop.test=self+rfc2136://127.0.0.1:5353?key=/k&ttl=60"
    server = UpdateServer("127.0.0.1", 5353, "/k", "test", 60)
    assert signed_zones([entry, "a.example=cloudflare+cds"]) == {
        "shop.test": SignedZone("shop.test", "self", "rfc2136", server),
        "a.example": SignedZone("a.example", "cloudflare", "cds"),
    }


@pytest.mark.parametrize(
    "entry",
    [
        "shop.test",
        "Shop.test=self+cds",
        "shop.test=nobody+cds",
        "shop.test=self+http://127.0.0.1?key=/k",
        "shop.test=self+rfc2136://127.0.0.1",
        "shop.test=self+rfc2136://ns.test?key=/k",
        "shop.test=self+rfc2136://127.0.0.1?key=/k&zone=other",
        "shop.test=self+rfc2136://127.0.0.1?key=/k&ttl=0",
        "shop.test=self+rfc2136://127.0.0.1?key=/k&more=1",
    ],
)
def test_what_is_no_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        signed_zones([entry])


def test_a_zone_is_there_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        signed_zones(["shop.test=self+cds", "shop.test=self+manual"])


def test_names_of_zones() -> None:
    assert all(map(is_zone, ("shop.test", "a-b.co.example", "_x.example")))
    assert not any(map(is_zone, ("test", "Shop.test", "shop.test.", "a..b", "-a.test", "a.test\n", "a b.test", "")))


def test_what_a_registry_says() -> None:
    assert judge(["active", "client transfer prohibited"]) == Free()
    assert isinstance(judge(["serverUpdateProhibited"]), Locked)
    assert isinstance(judge(["server hold", "pending update"]), Locked)
    assert isinstance(judge(["client update prohibited"]), InTheWay)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=4), st.integers(0, 100))
def test_a_hold_uses_up_nobodys_patience(spans: list[tuple[int, int]], now: int) -> None:
    """Against counting second by second; holds of one zone never overlap."""
    taken: set[int] = set()
    holds = []
    for a, b in spans:
        seconds = set(range(min(a, b), max(a, b)))
        if not seconds & taken:
            taken |= seconds
            holds.append(Span(since=min(a, b), until=max(a, b)))
    assert moving_s(10, now, holds) == len([second for second in range(10, now) if second not in taken])


def test_every_step_that_needs_a_gate_has_one() -> None:
    for flow in ZONE_FLOWS:
        for step in FLOWS[flow].steps:
            if step.name != "prepare":
                assert (flow, step.name) in GATES


def test_every_state_follows_from_a_fact_of_its_flow() -> None:
    for flow in ZONE_FLOWS:
        facts = {fact for step in FLOWS[flow].steps for fact in (step.done, step.undone) if fact}
        assert set(STATES[flow]) <= facts
        for op in histories(FLOWS[flow]):
            assert position(op) is not None


SEEN = ZoneSeen(zone=None, at=0.0)  # type: ignore[arg-type]  # nothing of the zone is looked at
WANT = Want(frozenset(), frozenset({Ds(key_tag=1, algorithm=13, digest_type=2, digest="AA")}))
TIMES = Times(0, 0, 0, 0.0)


def gate(*closed: str, seconds: float = 10.0) -> Gate:
    return Gate(tuple(lambda _s, _w, why=why: why for why in closed), lambda _s, _t: Duration(seconds, "because"))  # type: ignore[misc]  # bound per turn


def looks(*at: float, before: Streak | None = None, opened: Gate | None = None) -> tuple[object, Streak]:
    judged: object = None
    streak = before
    for moment in at:
        seen = ZoneSeen(zone=None, at=moment)  # type: ignore[arg-type]  # as above
        judged, streak = judge_look("s", opened or gate(), seen, WANT, TIMES, streak)
    assert streak is not None
    return judged, streak


def test_a_gate_opens_when_it_was_seen_open_for_long_enough() -> None:
    assert isinstance(looks(0)[0], Lasting)
    assert isinstance(looks(0, 5, 9.9)[0], Lasting)
    judged, _ = looks(0, 5, 10)
    assert isinstance(judged, Open)
    assert (judged.evidence.since, judged.evidence.at, judged.evidence.looks) == (0, 10, 3)
    assert isinstance(looks(0, 10)[0], Lasting), "two looks are too few"


def test_whatever_breaks_the_streak_begins_it_anew() -> None:
    _, open_for_long = looks(0, 5, 9)
    closed, broken = looks(10, before=open_for_long, opened=gate("no"))
    assert isinstance(closed, Closed)
    assert isinstance(looks(11, 12, 13, before=broken)[0], Lasting)
    assert isinstance(looks(9 + LONGEST_PAUSE_S + 1, before=open_for_long)[0], Lasting)
    other = Streak(step="s", since=0, at=9, looks=9, ds=())
    assert looks(10, before=other)[1].looks == 1, "with other keys it is another streak"


def test_a_ds_of_nobody_knows_whom_is_amiss_only_when_it_stays() -> None:
    class Parent:
        ds = frozenset({Ds(key_tag=9, algorithm=13, digest_type=2, digest="BB")})
        server, transport = "p", "udp"

    streak: Streak | None = None
    found = []
    for moment in range(AMISS_LOOKS):
        seen = ZoneSeen(zone=None, at=moment, parents=(Parent(),))  # type: ignore[arg-type]  # as above
        judged, streak = judge_look("s", gate(), seen, WANT, TIMES, streak)
        found.append(type(judged))
    assert found == [Closed, Closed, Amiss]
