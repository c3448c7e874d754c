"""`X-Revision` as text: what we write we read, and nothing else is a revision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.revisions import MAX_CHARS, UNPROVEN, Revision, RevisionProblem, epoch_of, parse_revisions

buckets = st.sampled_from(["names", "node-views", "a", "b9-x"])
epochs = st.one_of(st.just(UNPROVEN), st.integers(1, 1 << 60).map(lambda value: f"{value:x}"))
revisions = st.builds(Revision, buckets, epochs, st.integers(0, 10**15 - 1))


@given(st.lists(revisions, max_size=6), st.sampled_from([",", ", ", " ,\t"]))
def test_what_is_written_is_read(given_revisions: list[Revision], between: str) -> None:
    assert parse_revisions(between.join(revision.text for revision in given_revisions)) == tuple(given_revisions)


def test_a_bare_number_is_of_names_in_whatever_epoch() -> None:
    assert parse_revisions("12") == (Revision("names", "", 12),)
    assert parse_revisions("12, node-views=0:3") == (Revision("names", "", 12), Revision("node-views", "0", 3))


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_nothing_demands_nothing(text: str) -> None:
    assert parse_revisions(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("-1", "1.5", "x", "names", "names=", "names=1", "names=1:", "names=:1", "names=1:-1", "names=G:1"),
        *(
            "Names=1:1",
            "names=1:1;",
            "names=1:1 2",
            "=1:1",
            "9" * 16,
            "names=1:" + "9" * 16,
            "names=" + "f" * 17 + ":1",
        ),
        *("١", "names=1:٣", "names=1:1\n2", "a" * 33 + "=1:1", ",".join(["1"] * MAX_CHARS)),
    ],
)
def test_anything_else_is_a_problem_that_repeats_nothing(text: str) -> None:
    found = parse_revisions(text)
    assert isinstance(found, RevisionProblem)
    assert text not in found.detail or len(text) < 3


@given(st.text(max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    found = parse_revisions(text)
    assert isinstance(found, RevisionProblem) or all(parse_revisions(one.text) for one in found if one.epoch)


def test_an_epoch_is_a_moment() -> None:
    assert epoch_of("1970-01-01T00:00:00.000001Z") == "1"
    one, other = epoch_of("2026-11-26T15:45:57.123456789Z"), epoch_of("2026-11-26T15:45:57.123457Z")
    assert int(other, 16) == int(one, 16) + 1
    assert epoch_of("2026-11-26T16:45:57.123457+01:00") == other
