"""What the API accepts as a record, alone and beside others; which records a filter finds."""

import msgspec
import pytest

from services.sandbox.cloudflare.errors import Refused
from services.sandbox.cloudflare.filters import select
from services.sandbox.cloudflare.limits import RateLimit
from services.sandbox.cloudflare.rules import Plan, check, check_beside, full_name
from services.sandbox.state import StoredRecord

BASE = StoredRecord(
    id="1",
    name="alice.shop.test",
    type="TXT",
    content='"bitcoin:?lno=x"',
    ttl=300,
    created_on="",
    modified_on="",
    comment="mesh:alice",
)


def changed(**fields: object) -> StoredRecord:
    return msgspec.structs.replace(BASE, **fields)


def code(record: StoredRecord) -> int:
    with pytest.raises(Refused) as refused:
        check(record, Plan())
    return refused.value.row.code


def code_beside(record: StoredRecord, *others: StoredRecord) -> int:
    with pytest.raises(Refused) as refused:
        check_beside(record, list(others))
    return refused.value.row.code


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "a..shop.test"}, 9000),
        ({"name": "ä.shop.test"}, 9000),
        ({"name": "x" * 64 + ".shop.test"}, 9000),
        ({"name": ".".join(["x" * 60] * 5)}, 9000),
        ({"type": "SPF"}, 9004),
        ({"ttl": 59}, 9021),
        ({"ttl": 86_401}, 9021),
        ({"comment": "x" * 101}, 9301),
        ({"comment": "two\nlines"}, 9301),
        ({"content": '"' + "x" * 2050 + '"'}, 9015),
        ({"content": '"open'}, 9007),
        ({"type": "A", "content": "not an address"}, 9007),
    ],
)
def test_a_record_that_breaks_a_rule(fields: dict[str, object], expected: int) -> None:
    assert code(changed(**fields)) == expected


@pytest.mark.parametrize("fields", [{}, {"ttl": 1}, {"ttl": 60}, {"type": "A", "content": "192.0.2.1"}])
def test_a_record_that_is_fine(fields: dict[str, object]) -> None:
    check(changed(**fields), Plan())


def test_the_same_text_in_other_quotes_is_the_same_record() -> None:
    assert code_beside(changed(id="2", content="bitcoin:?lno=x"), BASE) == 81058
    assert code_beside(changed(id="2", content='"bitcoin" ":?lno=x"'), BASE) == 81058


def test_another_text_at_the_name_is_allowed() -> None:
    check_beside(changed(id="2", content='"bitcoin:?lno=y"'), [BASE])


def test_an_alias_tolerates_no_neighbour() -> None:
    alias = changed(id="2", type="CNAME", content="elsewhere.test")
    address = changed(id="3", type="A", content="192.0.2.1")
    assert code_beside(alias, address) == 81053
    assert code_beside(address, alias) == 81054


def test_texts_at_one_name_are_limited_together() -> None:
    others = [changed(id=str(number), content='"' + str(number) * 2000 + '"') for number in range(4)]
    assert code_beside(changed(content='"' + "x" * 1000 + '"'), *others) == 83011


@pytest.mark.parametrize("name", ["alice", "ALICE.shop.test", "alice.shop.test.", "alice.SHOP.test"])
def test_names_are_completed(name: str) -> None:
    assert full_name(name, "shop.test") == "alice.shop.test"


def test_the_apex_has_short_names() -> None:
    assert {full_name(name, "shop.test") for name in ("@", "", "shop.test")} == {"shop.test"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "123"),
        ({"name.exact": "Alice.shop.test"}, "1"),
        ({"name": "bob.shop.test"}, "2"),
        ({"name.contains": "shop"}, "123"),
        ({"comment.startswith": "mesh:"}, "12"),
        ({"comment.absent": "true"}, "3"),
        ({"type": "A"}, "3"),
        ({"type": "TXT", "content.contains": "lno=x"}, "1"),
        ({"match": "any", "name": "bob.shop.test", "type": "A"}, "23"),
        ({"per_page": "2"}, "12"),
        ({"per_page": "2", "page": "2"}, "3"),
        ({"per_page": "2", "page": "3"}, ""),
        ({"per_page": "nonsense", "unknown": "x"}, "123"),
    ],
)
def test_filters(query: dict[str, str], found: str) -> None:
    records = [
        BASE,
        changed(id="2", name="bob.shop.test", content='"bitcoin:?lno=y"', comment="mesh:bob"),
        changed(id="3", name="www.shop.test", type="A", content="192.0.2.1", comment=None),
    ]
    assert "".join(record.id for record in select(records, query).records) == found


def test_a_window_of_calls_ends() -> None:
    limit = RateLimit(quota=2, window_s=300)
    assert [limit.use(), limit.use(), limit.use()] == [True, True, False]
    assert limit.headers()["Ratelimit"].startswith('"default";r=0;t=')
    assert limit.headers()["Ratelimit-Policy"] == '"default";q=2;w=300'
