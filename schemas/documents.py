"""JSON Schemas of messages for OpenAPI, AsyncAPI and TypeScript, each under one public name wherever it appears.

A name never depends on what else is described: facts end in `Fact` and frames in `Frame`, because the same words
mean something else in requests and records.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec

Schema = dict[str, object]
"""One JSON Schema (2020-12), or a part of one."""

REF = "#/components/schemas/"

_ANYTHING = "$comment"

_TAGGED = (("fact", "Fact"), ("op", "Frame"))
"""Tag field of a family of structs, and how the public names of that family end."""


def schemas_of(types: Iterable[object]) -> tuple[tuple[Schema, ...], dict[str, Schema]]:
    """One schema for each of `types`, and the components they refer to, by public name.

    ValueError if two structs would have one name.
    """
    found, components = msgspec.json.schema_components(types, ref_template=REF + "{name}", schema_hook=_anything)
    names = {key: _public_name(schema) for key, schema in components.items()}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two structs have one name: {sorted(names.values())}")
    public = {names[key]: _rewritten(schema, names) for key, schema in components.items()}
    return tuple(_rewritten(schema, names) for schema in found), dict(sorted(public.items()))


def _anything(kind: type) -> Schema:
    """`object` is any JSON value; msgspec wants to be told, and not with an empty schema."""
    if kind is object:
        return {_ANYTHING: ""}
    raise NotImplementedError(kind)


def _public_name(schema: Mapping[str, object]) -> str:
    name, properties = str(schema["title"]), cast("Mapping[str, Schema]", schema.get("properties", {}))
    for tag, suffix in _TAGGED:
        if "enum" in properties.get(tag, {}) and not name.endswith(suffix):
            return name + suffix
    return name


def _is_noise(key: str, value: object) -> bool:
    return key == _ANYTHING or (key == "title" and isinstance(value, str))


def _rewritten(schema: Schema, names: Mapping[str, str]) -> Schema:
    return cast("Schema", _value("", schema, names))


def _value(key: str, value: object, names: Mapping[str, str]) -> object:
    match value:
        case dict():
            return {k: _value(k, v, names) for k, v in value.items() if not _is_noise(k, v)}
        case list() | tuple():
            return [_value("", item, names) for item in cast("Sequence[object]", value)]
        case str() if value.startswith(REF):
            return REF + names[value.removeprefix(REF)]
        case str() if key == "description":
            return inspect.cleandoc(value)
        case str() if key == "pattern":
            return value.replace(r"\A", "^").replace(r"\Z", "$")  # as ECMA 262 spells them
        case _:
            return value
