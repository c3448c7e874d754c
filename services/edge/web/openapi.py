"""The OpenAPI 3.1 document, made from the table of addresses. Pure; `python -m services.edge.web.openapi` prints it.

`mesh schemas --write` commits it to `schemas/generated`, from where the edge serves it.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from schemas.documents import REF, Schema, schemas_of
from schemas.problems import PROBLEMS
from services.edge.app import ADDRESSES
from services.edge.web.call import Auth, Call, Parameter
from services.edge.web.problem import AUTH_PROBLEMS, BODY_PROBLEMS, EVERY_PROBLEM, MEDIA_TYPE, ProblemDocument

SECURITY: Mapping[Auth, Sequence[str]] = {
    "open": (),
    "anybody": ("nip98", "session"),
    "owner": ("nip98",),
    "holder": ("nip98", "session"),
    "asker": ("nip98", "apiKey"),
    "marker": ("nip98", "session", "apiKey"),
    "reader": ("nip98", "session", "apiKey", "cookie"),
    "operator": ("nip98", "apiKey"),
    "operator-reader": ("nip98", "session", "apiKey", "cookie"),
}
"""The schemes, any of which will do, by who may call."""

SCHEMES: Mapping[str, Schema] = {
    "nip98": {
        "type": "http",
        "scheme": "nostr",
        "description": "`Nostr <base64>`: a NIP-98 event (kind 27235) signed for this URL, method and body, used once.",
    },
    "session": {"type": "http", "scheme": "bearer", "description": "the token of `POST /v1/sessions`"},
    "apiKey": {"type": "http", "scheme": "bearer", "description": "an operator's key, from `mesh operators key new`"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "mesh-session",
        "description": "set by `POST /v1/sessions`; over HTTPS its name begins with `__Host-`",
    },
}

_RESPONSES = "#/components/responses/"


def problems_of(call: Call) -> tuple[str, ...]:
    """Every problem code that `call` may be refused with, sorted."""
    codes = {*EVERY_PROBLEM, *call.problems, *(code for parameter in call.takes for code in parameter.problems)}
    if call.auth != "open":
        codes.update(AUTH_PROBLEMS)
    if "session" in SECURITY[call.auth]:
        codes.add("auth-session-over")
    if "apiKey" in SECURITY[call.auth]:
        codes.add("auth-key-unknown")
    if call.auth.startswith("operator"):
        codes.update(("not-an-operator", "too-many-calls"))
    if call.body is not None:
        codes.update(BODY_PROBLEMS)
    return tuple(sorted(codes))


def document() -> Schema:
    """The whole document; KeyError for a problem code that is no row of `schemas.problems`."""
    calls = [call for methods in ADDRESSES.values() for call in methods.values()]
    kinds = [ProblemDocument, *(kind for call in calls for kind in _kinds(call))]
    found, components = schemas_of(kinds)
    schemas = dict(zip(map(_key, kinds), found, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shopstr payment mesh",
            "version": "1",
            "description": "Made by `mesh schemas --write` from the edge's table of addresses. Amounts are decimal "
            "strings of msat. What is not a success is `application/problem+json` with a stable `code`.",
        },
        "servers": [{"url": "/"}],
        "paths": {
            path: {method.lower(): _operation(path, method, call, schemas) for method, call in methods.items()}
            for path, methods in ADDRESSES.items()
        },
        "components": {
            "schemas": components,
            "responses": {"unproven": _refusal(AUTH_PROBLEMS), "unexpected": _refusal(EVERY_PROBLEM)},
            "securitySchemes": dict(SCHEMES),
        },
    }


def _kinds(call: Call) -> Iterator[object]:
    if call.body is not None:
        yield call.body
    for given in call.gives:
        if given.body is not None:
            yield given.body
        yield from (header.kind for header in given.headers)
    yield from (parameter.kind for parameter in call.takes)


def _key(kind: object) -> str:
    return repr(kind)


def _operation(path: str, method: str, call: Call, schemas: Mapping[str, Schema]) -> Schema:
    operation: Schema = {
        "operationId": "-".join([method.lower(), *re.findall(r"[A-Za-z0-9]+", path)]),
        "summary": call.summary,
        "security": [*([{}] if call.auth == "anybody" else []), *({scheme: []} for scheme in SECURITY[call.auth])],
        "parameters": [_parameter(parameter, schemas) for parameter in call.takes],
        "responses": {**_answers(call, schemas), **_refusals(call)},
    }
    if call.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[_key(call.body)]}},
        }
    return operation


def _parameter(parameter: Parameter, schemas: Mapping[str, Schema]) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.meaning,
        "required": parameter.required or parameter.where == "path",
        "schema": schemas[_key(parameter.kind)],
    }


def _answers(call: Call, schemas: Mapping[str, Schema]) -> Schema:
    answers: dict[str, object] = {}
    for status in sorted({given.status for given in call.gives}):
        given = [one for one in call.gives if one.status == status]
        answer: Schema = {"description": "; or ".join(one.meaning for one in given)}
        if headers := {header.name: _header(header, schemas) for one in given for header in one.headers}:
            answer["headers"] = headers
        if content := {one.media_type: {"schema": schemas[_key(one.body)]} for one in given if one.body is not None}:
            answer["content"] = content
        answers[str(status)] = answer
    return answers


def _header(header: Parameter, schemas: Mapping[str, Schema]) -> Schema:
    return {"description": header.meaning, "required": header.required, "schema": schemas[_key(header.kind)]}


def _refusals(call: Call) -> Schema:
    """By status; what may meet any call at all is said once, as the default."""
    own = set(problems_of(call)) - set(EVERY_PROBLEM)
    answers: dict[str, object] = {}
    for status in sorted({PROBLEMS[code].status for code in own}):
        codes = tuple(code for code in problems_of(call) if PROBLEMS[code].status == status)
        answers[str(status)] = (
            {"$ref": _RESPONSES + "unproven"} if set(codes) == set(AUTH_PROBLEMS) else _refusal(codes)
        )
    return {**answers, "default": {"$ref": _RESPONSES + "unexpected"}}


def _refusal(codes: Sequence[str]) -> Schema:
    schema = {"allOf": [{"$ref": REF + "ProblemDocument"}, {"properties": {"code": {"enum": list(codes)}}}]}
    return {"description": ", ".join(codes), "content": {MEDIA_TYPE: {"schema": schema}}}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(document()))
