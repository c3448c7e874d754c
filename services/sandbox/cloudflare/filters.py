"""The query of a record list: filters such as `name.exact` and `comment.startswith`, and pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.sandbox.state import StoredRecord

FILTERED = ("name", "content", "comment")
TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "contains": lambda value, wanted: wanted in value,
    "startswith": lambda value, wanted: value.startswith(wanted),
    "endswith": lambda value, wanted: value.endswith(wanted),
    "present": lambda value, _: bool(value),
    "absent": lambda value, _: not value,
}
DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 5000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    records: list[StoredRecord]
    number: int
    size: int
    total: int

    def info(self) -> dict[str, int]:
        """Cloudflare's `result_info`."""
        pages = -(-self.total // self.size)
        return {
            "page": self.number,
            "per_page": self.size,
            "count": len(self.records),
            "total_count": self.total,
            "total_pages": pages,
        }


def select(records: list[StoredRecord], query: Mapping[str, str]) -> Page:
    """The page of `records` that `query` asks for; text is compared without regard to case."""
    conditions = [_condition(key, wanted) for key, wanted in query.items() if _is_filter(key)]
    every = any if query.get("match") == "any" else all
    found = [record for record in records if not conditions or every(test(record) for test in conditions)]
    number, size = _number(query, "page", 1), min(_number(query, "per_page", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    return Page(found[(number - 1) * size : number * size], number, size, len(found))


def _is_filter(key: str) -> bool:
    field, _, test = key.partition(".")
    return key in ("type", *FILTERED) or (field in FILTERED and test in TESTS)


def _condition(key: str, wanted: str) -> Callable[[StoredRecord], bool]:
    field, _, kind = key.partition(".")
    test = TESTS[kind or "exact"]
    return lambda record: test((getattr(record, field) or "").lower(), wanted.lower())


def _number(query: Mapping[str, str], key: str, default: int) -> int:
    text = query.get(key, "")
    return max(int(text), 1) if text.isascii() and text.isdigit() else default
