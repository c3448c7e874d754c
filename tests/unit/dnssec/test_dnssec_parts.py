"""The small parts: anchors, serial times, NSEC logic, one answer against the desired one, pace and patience."""

import dns.flags
import dns.message
import dns.name
import dns.rcode
import pytest
from dns.rdatatype import DNAME, NS, SOA, TXT
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.outcomes import Fail, Wait
from schemas.problems import PROBLEMS
from services.dnssec_verifier.chain import anchors
from services.dnssec_verifier.chain.anchors import AnchorError
from services.dnssec_verifier.chain.nsec import Gap, closest_encloser, denies, proves_expansion
from services.dnssec_verifier.chain.span import Span, absolute
from services.dnssec_verifier.chain.verdict import (
    Bogus,
    BogusReason,
    Failure,
    Indeterminate,
    IndeterminateReason,
    Insecure,
)
from services.dnssec_verifier.propagation.examine import find_trouble
from services.dnssec_verifier.propagation.look import Desired, Finding, look
from services.dnssec_verifier.propagation.survey import Seen
from services.dnssec_verifier.propagation.trouble import KIND_OF, Kind, Patience, Trouble, decide, of_chain, pace
from services.dnssec_verifier.transport.network import Network
from services.dnssec_verifier.transport.query import Server
from services.dnssec_verifier.transport.resolvers import server_of
from services.dnssec_verifier.transport.roots import roots
from tests.unit.dnssec.signed_world import ALICE, NOW, SignedZone, n, rrset

# --- anchors


def test_the_built_in_anchors() -> None:
    assert [anchor.key_tag for anchor in anchors.load("")] == [20326, 38696]


@pytest.mark.parametrize(
    "line", [f". DS {anchors.KSK_2024}", f". 3600 IN DS {anchors.KSK_2024}", f". IN DS {anchors.KSK_2024}"]
)
def test_anchor_lines(line: str) -> None:
    assert [anchor.key_tag for anchor in anchors.parse(f"# ours\n\n{line} ; new\n")] == [38696]


@pytest.mark.parametrize(
    "text",
    ["", "# nothing", "test. DS 1 8 2 00", ". DS 20326 8 2 E06D", ". DS x", ". A 192.0.2.1", f". {anchors.KSK_2017}"],
)
def test_unusable_anchors_are_refused_at_start(text: str) -> None:
    with pytest.raises(AnchorError):
        anchors.parse(text)


def test_an_absent_anchor_file_is_refused(tmp_path: object) -> None:
    with pytest.raises(AnchorError):
        anchors.load(f"{tmp_path}/absent")


# --- times


@given(st.integers(0, (1 << 34)), st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_serial_times_find_their_era(now: int, distance: int) -> None:
    assert absolute((now + distance) % (1 << 32), now) == now + distance


@given(*[st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))] * 2)
def test_spans_meet(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    met = Span(*one).meet(Span(*other))
    assert met == Span(*other).meet(Span(*one))
    assert (met.valid_from, met.valid_until, met.ttl_s) == (
        max(one[0], other[0]),
        min(one[1], other[1]),
        min(one[2], other[2]),
    )


# --- NSEC

APEX = n("shop.test.")
NXNAME = 128


def gap(owner: str, following: str, *types: int) -> Gap:
    return Gap(n(owner), n(following), frozenset({46, 47, *types}), APEX)


def test_a_gap_covers_what_lies_between_and_the_last_one_wraps() -> None:
    middle, last = gap("b.shop.test.", "d.shop.test."), gap("d.shop.test.", "shop.test.")
    assert middle.covers(n("c.shop.test."))
    assert not any(middle.covers(n(name)) for name in ("b.shop.test.", "d.shop.test.", "a.shop.test.", "e.shop.test."))
    assert last.covers(n("e.shop.test."))
    assert not last.covers(n("c.shop.test."))
    assert not last.covers(n("shop.test2.")), "a wrapped gap ends with its zone"


@pytest.mark.parametrize("types", [(NS,), (DNAME,)])
def test_a_cut_or_dname_knows_nothing_below_it(types: tuple[int, ...]) -> None:
    above = gap("b.shop.test.", "d.shop.test.", *types)
    assert not above.covers(n("x.b.shop.test."))
    assert above.covers(n("c.shop.test."))
    assert gap("shop.test.", "d.shop.test.", NS, SOA).covers(n("a.shop.test."))


def test_the_parents_nsec_at_a_cut_only_denies_ds() -> None:
    cut = gap("b.shop.test.", "d.shop.test.", NS)
    assert not denies([cut], n("b.shop.test."), TXT)
    assert denies([cut], n("b.shop.test."), 43)
    assert not denies([gap("shop.test.", "d.shop.test.", NS, SOA)], APEX, 43)


def test_compact_denial() -> None:
    name = n("bob.shop.test.")
    assert denies([gap("bob.shop.test.", "\\000.bob.shop.test.", NXNAME)], name, TXT)
    assert not denies([gap("bob.shop.test.", "\\000.bob.shop.test.", TXT)], name, TXT)


def test_nxdomain_needs_the_wildcard_denied() -> None:
    around, wildcard = gap("b.shop.test.", "d.shop.test."), gap("shop.test.", "b.shop.test.", NS, SOA)
    assert denies([around, wildcard], n("c.shop.test."), TXT)
    assert not denies([around], n("c.shop.test."), TXT)
    assert closest_encloser(around, n("x.c.shop.test.")) == APEX


def test_an_expansion_needs_the_next_closer_absent() -> None:
    assert proves_expansion([gap("b.shop.test.", "d.shop.test.")], n("c.shop.test."))
    assert not proves_expansion([gap("b.shop.test.", "x.c.shop.test.")], n("c.shop.test.")), (
        "it has a child, so it exists"
    )
    assert not proves_expansion([gap("c.shop.test.", "d.shop.test.")], n("c.shop.test."))


LABELS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=0, max_size=3)


@given(
    st.sets(st.tuples(*[st.sampled_from("abc")] * 2).map(lambda p: n(f"{p[0]}.{p[1]}.shop.test.")), max_size=6), LABELS
)
def test_a_whole_nsec_chain_denies_exactly_what_is_absent(names: set[dns.name.Name], labels: list[str]) -> None:
    """Against a model: every name of a zone with no wildcard is denied TXT just when no TXT is there."""
    owners = sorted({APEX, *names})
    gaps = [
        Gap(
            owner, owners[(i + 1) % len(owners)], frozenset({46, 47, NS, SOA} if owner == APEX else {46, 47, TXT}), APEX
        )
        for i, owner in enumerate(owners)
    ]
    asked = n(".".join([*labels, "shop.test."]))
    assert denies(gaps, asked, TXT) == (asked not in names)


# --- one answer

DESIRED = Desired(ALICE, b"bitcoin:?lno=lno1alice", 300)


def reply(
    *, aa: bool = True, rcode: int = 0, signed: bool = True, ttl: int = 300, texts: tuple[str, ...] = ()
) -> dns.message.Message:
    message = dns.message.make_response(dns.message.make_query(ALICE, TXT))
    message.set_rcode(dns.rcode.Rcode.make(rcode))
    if aa:
        message.flags |= dns.flags.AA
    if texts:
        records = rrset(str(ALICE), ttl, "TXT", *texts)
        message.answer += SignedZone(APEX).sign(records) if signed else [records]
    return message


GOOD = '"bitcoin:?lno=" "lno1alice"'


@pytest.mark.parametrize(
    ("answer", "now", "finding"),
    [
        (reply(texts=(GOOD,)), NOW, Finding.RIGHT),
        (reply(texts=(GOOD, '"v=spf1"')), NOW, Finding.RIGHT),
        (reply(texts=(GOOD,), aa=False), NOW, Finding.NOT_AUTHORITATIVE),
        (reply(rcode=2), NOW, Finding.REFUSED),
        (reply(rcode=3), NOW, Finding.ABSENT),
        (reply(texts=('"v=spf1"',)), NOW, Finding.ABSENT),
        (reply(texts=('"bitcoin:?lno=lno1old"',)), NOW, Finding.STALE),
        (reply(texts=(GOOD, '"BITCOIN:?lno=x"')), NOW, Finding.SEVERAL),
        (reply(texts=(GOOD,), ttl=299), NOW, Finding.TTL),
        (reply(texts=(GOOD,), signed=False), NOW, Finding.UNSIGNED),
        (reply(texts=(GOOD,)), NOW + 90_000, Finding.EXPIRED),
        (reply(texts=(GOOD,)), NOW - 90_000, Finding.NOT_YET_VALID),
    ],
)
def test_looking_at_an_answer(answer: dns.message.Message, now: float, finding: Finding) -> None:
    assert look(dns.message.from_wire(answer.to_wire()), DESIRED, now) is finding


# --- what to do about it


def test_every_trouble_ends_in_a_known_problem() -> None:
    assert {kind.value for kind in Kind} <= PROBLEMS.keys()
    assert KIND_OF.keys() == set(Finding) - {Finding.RIGHT}


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Insecure("shop.test."), Kind.INSECURE),
        (Bogus(BogusReason.DS_MISMATCH, "shop.test."), Kind.BOGUS),
        (Indeterminate(IndeterminateReason.UNREACHABLE, "shop.test."), Kind.UNKNOWN),
    ],
)
def test_a_failed_chain_says_where(failure: Failure, kind: Kind) -> None:
    trouble = of_chain(failure)
    assert trouble.kind is kind
    assert "shop.test." in trouble.detail


def seen(finding: Finding, address: str = "192.0.2.3") -> Seen:
    return Seen(Server(address, 53), "udp", finding)


def test_an_unroutable_family_is_left_out_unless_it_is_all_there_is() -> None:
    assert find_trouble([seen(Finding.RIGHT), seen(Finding.UNROUTABLE, "2001:db8::1")]) is None
    trouble = find_trouble([seen(Finding.UNROUTABLE, "2001:db8::1")])
    assert trouble is not None
    assert trouble.kind is Kind.UNKNOWN


def test_propagation_is_given_its_time_while_another_server_is_bogus() -> None:
    trouble = find_trouble([seen(Finding.BOGUS), seen(Finding.STALE), seen(Finding.RIGHT)])
    assert trouble is not None
    assert trouble.kind is Kind.NOT_PROPAGATED


@pytest.mark.parametrize(
    ("kind", "last_wait_s"),
    [(Kind.BOGUS, 299), (Kind.INSECURE, 299), (Kind.FOREIGN, 299), (Kind.NOT_PROPAGATED, 3239), (Kind.UNKNOWN, 3239)],
)
def test_patience(kind: Kind, last_wait_s: float) -> None:
    trouble = Trouble(kind, "x")
    assert isinstance(decide(trouble, last_wait_s, 3600, 1, Patience()), Wait)
    assert decide(trouble, last_wait_s + 1, 3600, 1, Patience()) == Fail(kind.value, "x", clean=True)


@given(st.sampled_from(list(Kind)), st.floats(0, 4000), st.floats(1, 4000), st.floats(0, 30))
def test_waits_are_positive_and_end_with_the_step(
    kind: Kind, elapsed_s: float, timeout_s: float, fast_s: float
) -> None:
    outcome = decide(Trouble(kind, ""), elapsed_s, timeout_s, fast_s, Patience())
    if isinstance(outcome, Wait):
        assert elapsed_s + outcome.after_s <= timeout_s


def test_pace() -> None:
    assert [pace(at, 1.0) for at in (0, 29, 30, 299, 300, 900, 100_000)] == [1.0, 1.0, 5.0, 5.0, 10.0, 30.0, 60.0]


# --- where to ask


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("1.1.1.1", Server("1.1.1.1", 53)),
        ("127.0.0.1:5300", Server("127.0.0.1", 5300)),
        ("2606:4700::1111", Server("2606:4700::1111", 53)),
        ("[::1]:5300", Server("::1", 5300)),
    ],
)
def test_resolver_addresses(text: str, server: Server) -> None:
    assert server_of(text) == server


def test_root_servers() -> None:
    assert len(roots(()).addresses) == 26
    assert roots(("127.0.0.1",)).addresses == ("127.0.0.1",)
    with pytest.raises(ValueError, match="not-an-address"):
        roots(("not-an-address",))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1"])
def test_strangers_cannot_send_us_into_our_own_network(address: str) -> None:
    assert not Network(port=53, timeout_s=1, private=False).may_ask(address)
    assert Network(port=53, timeout_s=1, private=True).may_ask(address)
