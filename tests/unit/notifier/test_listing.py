"""An owner's list grows by what is opened, in its order, once; full pages are the same whoever makes them."""

import hypothesis.strategies as st
from hypothesis import given

from schemas.ids import OpId
from schemas.lists import PAGE
from schemas.records import ListedOp, ListRecord
from services.notifier.listing import with_opened

INDEX = "one"
MANY = 3 * PAGE + 7


def places(first: int, count: int) -> tuple[ListedOp, ...]:
    return tuple(ListedOp(seq=seq, op=OpId(f"op-{seq}")) for seq in range(first, first + count))


def in_pages(newest: ListRecord, pages: dict[int, ListRecord]) -> tuple[ListedOp, ...]:
    return (*(place for first in newest.pages for place in pages[first].ops), *newest.ops)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2 * PAGE)), max_size=12))
def test_whatever_is_said_again_the_list_is_what_was_opened(steps: list[tuple[int, int]]) -> None:
    standing: ListRecord | None = None
    pages: dict[int, ListRecord] = {}
    last = 0
    for back, count in steps:
        begin = max(1, last + 1 - back)  # a round that begins anew says some of it again
        opened = places(begin, count)
        longer = with_opened(standing, opened, INDEX, 0)
        if longer is None:
            assert begin + count - 1 <= last
            continue
        assert not longer.pages.keys() & pages.keys()
        standing, pages = longer.newest, pages | longer.pages
        last = opened[-1].seq
        assert in_pages(standing, pages) == places(1, last)
        assert all(len(page.ops) == PAGE for page in pages.values())
        assert 0 < len(standing.ops) <= PAGE


def test_two_who_list_after_the_same_list_make_the_same_pages() -> None:
    before = with_opened(None, places(1, PAGE - 3), INDEX, 0)
    assert before is not None
    shorter = with_opened(before.newest, places(PAGE - 2, 10), INDEX, 0)
    longer = with_opened(before.newest, places(PAGE - 2, PAGE), INDEX, 0)
    assert shorter is not None
    assert longer is not None
    assert shorter.pages == longer.pages
    assert list(longer.pages) == [1]


def test_a_list_of_another_index_is_begun_anew() -> None:
    other = ListRecord(index="other", ops=places(1, 5), pages=(9,))
    longer = with_opened(other, places(3, 2), INDEX, 0)
    assert longer is not None
    assert longer.newest == ListRecord(index=INDEX, ops=places(3, 2))


def test_pages_that_nothing_is_kept_of_are_left_out() -> None:
    longer = with_opened(None, places(1, MANY), INDEX, 0)
    assert longer is not None
    assert longer.newest.pages == (1, PAGE + 1, 2 * PAGE + 1)
    for kept_from, left in ((PAGE, 3), (PAGE + 1, 2), (2 * PAGE, 2), (2 * PAGE + 1, 1), (3 * PAGE + 1, 0)):
        later = with_opened(longer.newest, places(MANY + 1, 1), INDEX, kept_from)
        assert later is not None
        assert later.newest.pages == longer.newest.pages[3 - left :], kept_from
