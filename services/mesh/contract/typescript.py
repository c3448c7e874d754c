"""TypeScript for who talks to the mesh: types of all that crosses HTTP, the socket and the bus, and the subjects. Pure.

Made from the JSON Schemas of both documents, so it says no more and no less than they do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from schemas.documents import REF, Schema
from schemas.flows import FLOWS
from schemas.problems import PROBLEMS
from services.mesh.contract.asyncapi import outsiders
from services.mesh.contract.channels import Channel, members

HEAD = "// Made by `mesh schemas --write` from the tables of the mesh. Do not edit.\n"


def module(schemas: Mapping[str, Schema], rows: Sequence[Channel], names: Mapping[object, str]) -> str:
    """The module: `schemas` by public name, the channels, and the public name of every type on them."""
    outside = [row for row, _ in outsiders(rows)]
    parts = [
        HEAD,
        *(_interface(name, schema) for name, schema in sorted(schemas.items())),
        *(_union(row.union, row.reply or row.body, names) for row in outside if row.union),
        _problems(),
        _flows(),
        _subjects(row for row in outside if not row.address.startswith("/")),
    ]
    return "\n".join(parts)


def _interface(name: str, schema: Schema) -> str:
    lines = [_comment(schema.get("description"), ""), f"export interface {name} {{"]
    lines += _fields(schema, "  ")
    return "\n".join(line for line in [*lines, "}"] if line) + "\n"


def _fields(schema: Schema, indent: str) -> Iterator[str]:
    required = cast("Sequence[str]", schema.get("required", ()))
    for name, field in cast("Mapping[str, Schema]", schema.get("properties", {})).items():
        yield _comment(field.get("description"), indent)
        yield f"{indent}readonly {name}{'' if name in required else '?'}: {type_of(field)};"


def type_of(schema: Mapping[str, object]) -> str:
    """One schema as a TypeScript type."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.removeprefix(REF)
        case {"enum": list(values)}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": list(options)}:
            return " | ".join(dict.fromkeys(type_of(option) for option in options))
        case {"type": "array", "prefixItems": list(items)}:
            return f"readonly [{', '.join(type_of(item) for item in items)}]"
        case {"type": "array"}:
            return f"ReadonlyArray<{type_of(cast('Schema', schema.get('items', {})))}>"
        case {"type": "object", "properties": dict()}:
            return "{ " + " ".join(_fields(dict(schema), "")) + " }"
        case {"type": "object"}:
            return f"Readonly<Record<string, {type_of(cast('Schema', schema.get('additionalProperties', {})))}>>"
        case {"type": str(plain)}:
            return {"integer": "number", "null": "null"}.get(plain, plain)
    return "unknown"


def _union(name: str, body: object, names: Mapping[object, str]) -> str:
    return f"export type {name} =\n" + "\n".join(f"  | {names[kind]}" for kind in members(body)) + ";\n"


def _problems() -> str:
    rows = [
        f"  {json.dumps(row.code)}: {{ status: {row.status}, retryable: {json.dumps(row.retryable)}, "
        f"title: {json.dumps(row.title)} }},"
        for row in PROBLEMS.values()
    ]
    head = "/** Every problem by its stable code. */\nexport const PROBLEMS = {"
    return "\n".join([head, *rows, "} as const;", "", "export type ProblemCode = keyof typeof PROBLEMS;", ""])


def _subjects(rows: Iterable[Channel]) -> str:
    lines = ["/** Subjects of the bus; `*` stands for any token. */", "export const subjects = {"]
    for row in rows:
        names = [part.partition("}")[0] for part in row.address.split("{")[1:]]
        arguments = ", ".join(f"{name}: string" for name in names)
        lines += [f"  /** {row.meaning} */", f"  {row.name}: ({arguments}) => `{row.address.replace('{', '${')}`,"]
    return "\n".join([*lines, "} as const;", ""])


def _flows() -> str:
    rows = [
        f"  {json.dumps(flow.name)}: {{ done: {json.dumps([step.done for step in flow.steps])}, "
        f"notes: {json.dumps(flow.notes)} }},"
        for flow in FLOWS.values()
    ]
    head = "/** Every flow: the facts that say its steps are done, in order, and those that only inform. */"
    return "\n".join(
        [head, "export const FLOWS = {", *rows, "} as const;", "", "export type FlowName = keyof typeof FLOWS;", ""]
    )


def _comment(text: object, indent: str) -> str:
    if not isinstance(text, str) or not text:
        return ""
    lines = text.replace("*/", "*\u200b/").splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"])
