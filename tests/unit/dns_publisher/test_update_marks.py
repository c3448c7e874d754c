"""RFC 2136: what a server's answer means, and whose a record is when DNS cannot say it."""

import dns.exception
import dns.tsig
import pytest
from dns.rcode import Rcode
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import OpId
from schemas.problems import PROBLEMS
from schemas.records import RecordMark
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.provider.setbacks import RULES
from services.dns_publisher.records.marker import Marker, digest_of
from services.dns_publisher.rfc2136.journal import KEPT, marker_of, with_mark
from services.dns_publisher.rfc2136.meanings import meaning_of, refusal_of

OPS = [OpId(letter * 26) for letter in "abc"]
REJECTED: list[type[Exception]] = [dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature, dns.tsig.PeerBadTime]
UNSURE: list[type[Exception]] = [dns.tsig.BadSignature, dns.exception.FormError, OSError, EOFError, TimeoutError]
MARKS = st.builds(
    RecordMark,
    op=st.sampled_from(OPS),
    digest=st.sampled_from([digest_of(bytes([number])) for number in range(12)]),
    ttl_s=st.sampled_from([60, 300]),
    replaced_ttl_s=st.sampled_from([None, 300]),
)


@pytest.mark.parametrize(
    ("rcode", "meaning"),
    [
        (Rcode.NXRRSET, Meaning.CHANGED),
        (Rcode.YXRRSET, Meaning.CHANGED),
        (Rcode.NXDOMAIN, Meaning.CHANGED),
        (Rcode.YXDOMAIN, Meaning.CHANGED),
        (Rcode.REFUSED, Meaning.CREDENTIALS),
        (Rcode.NOTAUTH, Meaning.ZONE),
        (Rcode.NOTZONE, Meaning.ZONE),
        (Rcode.FORMERR, Meaning.INVALID),
        (Rcode.NOTIMP, Meaning.INVALID),
    ],
)
def test_a_refusal_says_what_to_do(rcode: Rcode, meaning: Meaning) -> None:
    answer = meaning_of(rcode)
    assert isinstance(answer, Refused)
    assert answer.meaning is meaning
    assert RULES[meaning].code in PROBLEMS


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.BADVERS, Rcode.DSOTYPENI])
def test_what_may_have_been_done_is_unknown(rcode: Rcode) -> None:
    assert isinstance(meaning_of(rcode), Unknown)


def test_who_does_not_accept_our_signature_did_nothing_and_whose_we_do_not_accept_may_have() -> None:
    for rejected in REJECTED:
        answer = refusal_of(rejected())
        assert isinstance(answer, Refused)
        assert answer.meaning is Meaning.CREDENTIALS
    for unsure in UNSURE:
        assert isinstance(refusal_of(unsure()), Unknown)


@given(st.lists(MARKS, max_size=30), MARKS, st.sets(st.sampled_from([digest_of(bytes([n])) for n in range(12)])))
def test_a_mark_is_kept_while_its_record_may_stand(before: list[RecordMark], new: RecordMark, there: set[str]) -> None:
    marks: tuple[RecordMark, ...] = ()
    for mark in before:
        marks = with_mark(marks, mark, there)
    after = with_mark(marks, new, there)
    assert after[-1] == new
    assert {mark.digest for mark in marks if mark.digest in there} <= {mark.digest for mark in after}
    assert sum(mark.digest not in there for mark in after) <= KEPT + 1
    assert with_mark(after, new, there) == after


def test_the_mark_that_was_made_for_this_ttl_counts_and_then_the_newest() -> None:
    digest = digest_of(b"x")
    older = RecordMark(op=OPS[0], digest=digest, ttl_s=300)
    newer = RecordMark(op=OPS[1], digest=digest, ttl_s=60, replaced_ttl_s=300)
    assert marker_of((older, newer), b"x", 300) == Marker(OPS[0], digest)
    assert marker_of((older, newer), b"x", 60) == Marker(OPS[1], digest, 300)
    assert marker_of((older, newer), b"x", 77) == Marker(OPS[1], digest, 300)
    assert marker_of((older, newer), b"y", 300) is None
