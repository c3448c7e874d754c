"""Values for a JSON Schema, good ones and broken ones, and bytes that are hardly JSON at all."""

import json
from collections.abc import Mapping
from typing import cast

from hypothesis import strategies as st

from schemas.documents import REF, Schema

Hints = Mapping[str, st.SearchStrategy[object]]
"""By property name: values that get further than anything a schema would make up."""

WORDS = (
    "",
    " ",
    "\x00",
    "null",
    "-1",
    "🦀",
    "ſ",
    "\u202e",
    "a" * 70_000,
    "../../etc/passwd",
    "%00",
    "'; --",
    "{{7}}",
)
NUMBERS = (0, -1, 1 << 31, 1 << 53, 1 << 64, -(1 << 63) - 1, 10**30, 1e308, -0.0, 0.1)

hostile_values: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.sampled_from(WORDS)
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

hostile_bytes: st.SearchStrategy[bytes] = st.binary(max_size=60) | st.sampled_from(
    (
        b"",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'"\\ud800"',
        b"\xff\xfe\x00",
        b"1" * 5_000,
        b"1e999999",
        b"NaN",
        b'{"type":"username.register.v1","type":"cancel.v1"}',
        b"\xef\xbb\xbf{}",
        b"null",
        b"{}",
        b" " * 70_000,
    )
)


def values(schema: Schema, components: Mapping[str, Schema], hints: Hints) -> st.SearchStrategy[object]:
    """Values that `schema` allows, with `hints` for the properties they name."""
    match schema:
        case {"$ref": str(reference)}:
            return st.deferred(lambda: values(components[reference.removeprefix(REF)], components, hints))
        case {"enum": list(choices)}:
            return st.sampled_from(choices)
        case {"anyOf": list(options)}:
            return st.one_of([values(option, components, hints) for option in options])
        case {"pattern": str(pattern)}:
            return st.from_regex(pattern, fullmatch=True)
        case {"type": "array"}:
            items = values(cast("Schema", schema.get("items", {})), components, hints)
            return st.lists(items, max_size=4)
        case {"type": "object", "properties": dict(properties)}:
            return _objects(schema, cast("Mapping[str, Schema]", properties), components, hints)
        case {"type": str(plain)}:
            return _plain(plain, schema)
    return hostile_values


def _objects(
    schema: Schema, properties: Mapping[str, Schema], components: Mapping[str, Schema], hints: Hints
) -> st.SearchStrategy[object]:
    needed = cast("list[str]", schema.get("required", []))
    fields = {
        name: hints[name] | values(field, components, hints) if name in hints else values(field, components, hints)
        for name, field in properties.items()
    }
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: field for name, field in fields.items() if name not in needed},
    ).map(lambda made: cast("object", made))


def _plain(kind: str, schema: Schema) -> st.SearchStrategy[object]:
    match kind:
        case "string":
            longest = cast("int", schema.get("maxLength", 64))
            return st.text(min_size=cast("int", schema.get("minLength", 0)), max_size=min(longest, 64))
        case "integer":
            return st.integers(cast("int", schema.get("minimum", -(1 << 40))), 1 << 40)
        case "number":
            return st.floats(-1e9, 1e9)
        case "boolean":
            return st.booleans()
        case "object":
            return st.dictionaries(st.text(max_size=8), hostile_values, max_size=3)
    return st.none()


@st.composite
def broken(draw: st.DrawFn, value: object) -> object:
    """`value` with one part of it lost, replaced or added to."""
    match value:
        case dict() if value:
            name = draw(st.sampled_from(sorted(value, key=str)))
            match draw(st.sampled_from(("lose", "replace", "add", "within"))):
                case "lose":
                    return {key: kept for key, kept in value.items() if key != name}
                case "replace":
                    return {**value, name: draw(hostile_values)}
                case "add":
                    return {**value, draw(st.text(max_size=8)): draw(hostile_values)}
            return {**value, name: draw(broken(value[name]))}
        case list() if value:
            index = draw(st.integers(0, len(value) - 1))
            return [*value[:index], draw(broken(value[index])), *value[index + 1 :]]
    return draw(hostile_values)


def bodies(good: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """JSON of `good` values, of broken ones, with a pit in them, of anything, and bytes that are none."""
    return st.one_of(
        good.map(as_json),
        good.flatmap(broken).map(as_json),
        good.map(as_json).map(_with_depth),
        hostile_values.map(as_json),
        hostile_bytes,
    )


def _with_depth(text: bytes) -> bytes:
    """An object with one more member, nested deeper than any stack."""
    return b'{"pit":' + b"[" * 5_000 + b"]" * 5_000 + b"," + text[1:] if text.startswith(b'{"') else text


def short(data: bytes) -> str:
    """`data` for a report."""
    return repr(data if len(data) < 300 else data[:300] + b"...")


def as_json(value: object) -> bytes:
    """`value` as JSON; lone surrogates stay escaped."""
    return json.dumps(value).encode()
