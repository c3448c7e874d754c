"""The documents in `schemas/generated`: whole, without loose ends, and of everything there is."""

import re
from collections.abc import Iterator
from html import escape
from typing import Literal, cast

import msgspec
import pytest

from bus.tables import subjects
from bus.tables.permissions import permissions_of
from bus.tables.streams import BUCKETS, STREAMS, matches
from schemas.base import Wire
from schemas.documents import Schema, schemas_of
from schemas.facts import Published as PublishedFact
from schemas.flows import FLOWS
from schemas.frames import Ready as ReadyFrame
from schemas.problems import PROBLEMS
from schemas.records import Published
from services.edge.app import ADDRESSES
from services.edge.web import docs, openapi
from services.edge.web.parameters import ACCEPTED, IDEMPOTENCY_KEY
from services.mesh.contract import asyncapi, typescript
from services.mesh.contract.channels import BUCKET_VALUES, Channel, channels

DELIVERIES = ("_INBOX.", "mirror.")
"""Where the server itself brings what was asked of it."""

CALLS = [(path, method, call) for path, methods in ADDRESSES.items() for method, call in methods.items()]


def references(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for value in part.values():
                yield from references(value)
        case list() | tuple():
            for value in part:
                yield from references(value)


def at(document: Schema, pointer: str) -> object:
    found: object = document
    for step in pointer.removeprefix("#/").split("/"):
        found = cast("Schema", found)[step.replace("~1", "/")]
    return found


@pytest.mark.parametrize("document", [openapi.document(), asyncapi.document()], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document: Schema) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert at(document, reference), reference


@pytest.mark.parametrize(("path", "method", "call"), CALLS, ids=[f"{m} {p}" for p, m, _ in CALLS])
def test_a_call_says_all_of_its_path_and_only_problems_that_exist(path: str, method: str, call: object) -> None:
    described = ADDRESSES[path][method]
    said = {parameter.name for parameter in described.takes if parameter.where == "path"}
    assert said == set(re.findall(r"\{(\w+)\}", path))
    assert set(openapi.problems_of(described)) <= PROBLEMS.keys()
    assert described.summary
    assert described.gives
    if method == "POST" and ACCEPTED in described.gives:
        assert IDEMPOTENCY_KEY in described.takes


def test_operation_ids_are_unique() -> None:
    paths = cast("dict[str, dict[str, Schema]]", openapi.document()["paths"])
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(ids) == len(set(ids)) == len(CALLS)


def test_every_subject_that_is_stored_or_republished_has_a_channel() -> None:
    rows = [row.subject for row in channels()]
    stored = [pattern for spec in STREAMS for pattern in spec.subjects if not pattern.startswith("$JS.")]
    republished = [re.sub(r"\{\{.*?\}\}", "*", spec.republish.dest) for spec in STREAMS if spec.republish]
    heard = [pattern for who in ("shopstr", "edge") for pattern in permissions_of(who).subscribe]
    for pattern in (*stored, *republished, *(one for one in heard if not one.startswith(DELIVERIES))):
        assert any(matches(pattern, row) or matches(row, pattern) for row in rows), pattern
    assert BUCKET_VALUES.keys() == {spec.name for spec in BUCKETS}


def test_a_channel_says_who_may_speak_and_who_may_hear() -> None:
    rows = {row.name: row for row in channels()}
    assert set(rows["usernameRegister"].publishers()) == {"edge", "operator", "shopstr"}
    assert rows["usernameRegister"].stream == "INGRESS"
    assert set(rows["factNews"].subscribers()) == {"edge", "shopstr"}
    assert (rows["factNews"].publishers(), rows["factNews"].republished_from) == ((), "LEDGER")
    assert (rows["refused"].stream, rows["refusedNews"].republished_from) == ("REFUSED", "REFUSED")
    assert rows["cancel"].stream == "INGRESS"
    assert rows["seedOpen"].publishers() == ("sec-edge",)
    assert rows["seedOpen"].stream is None
    assert "shopstr" not in rows["ledger"].publishers()


def test_every_flow_can_be_asked_for_on_the_bus() -> None:
    addresses = {row.address for row in channels()}
    for flow in FLOWS:
        noun, verb = flow.split(".")
        may_be_asked = (noun, verb) not in subjects.ASKED_OF_ITSELF
        assert any(address.startswith(f"req.v1.{noun}.{verb}.") for address in addresses) == may_be_asked
    assert subjects.RESOLVE in addresses


def test_the_same_word_in_another_family_has_another_name() -> None:
    found, components = schemas_of([PublishedFact, Published, ReadyFrame])
    assert [str(schema["$ref"]).rpartition("/")[2] for schema in found] == ["PublishedFact", "Published", "ReadyFrame"]
    assert found[0] != found[1]
    alone, _ = schemas_of([PublishedFact])
    assert alone[0] == found[0], "a public name must not depend on what else is described"
    assert set(components) >= {"PublishedFact", "Published", "ReadyFrame"}


def test_two_structs_with_one_name_are_refused() -> None:
    one, two = (msgspec.defstruct("Same", [("a", str)], module=module) for module in ("here", "there"))
    with pytest.raises(ValueError, match="one name"):
        schemas_of([one, two])


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"$ref": "#/components/schemas/A"}, "A"),
        ({"enum": ["a", "b"]}, '"a" | "b"'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, "ReadonlyArray<A>"),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, "readonly [number, string]"),
        ({"type": "object", "additionalProperties": {}}, "Readonly<Record<string, unknown>>"),
        ({}, "unknown"),
    ],
)
def test_a_schema_as_typescript(schema: Schema, wanted: str) -> None:
    assert typescript.type_of(schema) == wanted


def test_what_is_optional_and_what_is_said_about_it() -> None:
    class Thing(Wire, frozen=True, kw_only=True):
        """What ends a comment: */ does not end this one."""

        kind: Literal["a"]
        maybe: int | None = None

    found, components = schemas_of([Thing])
    names: dict[object, str] = {Thing: "Thing"}
    text = typescript.module(components, [Channel("x", "/v1/x", Thing, "m", union="U")], names)
    assert 'readonly kind: "a";' in text
    assert "readonly maybe?: number | null;" in text
    assert text.count("*/") == text.count("/**")
    assert found


def test_the_page_runs_nothing_fetches_nothing_and_escapes() -> None:
    document = openapi.document()
    cast("Schema", document["info"])["title"] = "<script>alert(1)</script>"
    text = docs.page(document)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(?:src|href)=\"(?![#/])", text)
    for path, _, call in CALLS:
        assert path in text
        assert escape(call.summary) in text
