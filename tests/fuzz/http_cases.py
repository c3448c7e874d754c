"""HTTP calls drawn from the edge's own table, and what every answer must be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

import httpx
import msgspec
from hypothesis import strategies as st

from schemas.documents import Schema, schemas_of
from schemas.problems import PROBLEMS
from services.edge.app import ADDRESSES
from services.edge.web.call import Call
from services.edge.web.openapi import problems_of
from services.mesh.device.owner import Owner
from tests.fuzz.values import Hints, bodies, hostile_values, short, values

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
FOR_ANYBODY = {"not-found", "method-not-allowed"}
OUTAGES = {502, 503, 504, 507}
"""Statuses above 500 that a call may declare; 500 is never an answer to input."""

UNASKED = ("Content-Type", "Accept", "traceparent", "Cookie", "Range", "X-Forwarded-For")
"""Headers that no row of the table asks for."""

HEADER_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@dataclass(frozen=True)
class HttpCase:
    """One request. `proof` says how it is authorised: for itself, for another URL, by API key, not at all, rubbish."""

    template: str
    method: str
    path: str
    body: bytes
    proof: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        shown = f"{self.path!r} proof={self.proof} headers={dict(self.headers)} body={short(self.body)}"
        return f"HttpCase({self.method} {shown})"

    @property
    def call(self) -> Call | None:
        """The row of the table that answers, if one does."""
        methods = ADDRESSES.get(self.template, {})
        return methods.get("GET" if self.method == "HEAD" else self.method)


def cases(hints: Hints) -> st.SearchStrategy[HttpCase]:
    """Cases for every call of the table, and for methods and addresses that are not in it."""
    rows = [(path, method, call) for path, methods in ADDRESSES.items() for method, call in methods.items()]
    known = st.one_of([_case(path, method, call, hints) for path, method, call in rows])
    methods = st.sampled_from(METHODS)
    wrong_method = st.builds(_bare, st.sampled_from(sorted(ADDRESSES)), methods)
    nowhere = st.builds(lambda path, method: HttpCase(path, method, path, b"", "none"), _paths(), methods)
    return st.one_of(known, known, known, wrong_method, nowhere)


def _bare(template: str, method: str) -> HttpCase:
    return HttpCase(template, method, template.replace("{", "").replace("}", ""), b"", "none")


def _paths() -> st.SearchStrategy[str]:
    parts = st.lists(st.text(max_size=12).map(lambda part: quote(part, safe="")), max_size=4)
    return parts.map(lambda some: "/" + "/".join(some))


def _case(path: str, method: str, call: Call, hints: Hints) -> st.SearchStrategy[HttpCase]:
    parameters = {parameter.name: values(*_schema(parameter.kind), hints) for parameter in call.takes}
    anything = {name: hints[name] | good if name in hints else good for name, good in parameters.items()}
    texts = {name: strategy.map(str) | hostile_values.map(str) for name, strategy in anything.items()}
    where = {parameter.name: parameter.where for parameter in call.takes}
    body = st.just(b"") if call.body is None else bodies(values(*_schema(call.body), hints))

    def made(given: Mapping[str, str], body: bytes, proof: str, extra: Mapping[str, str]) -> HttpCase:
        filled = path
        for name, text in given.items():
            if where[name] == "path":
                filled = filled.replace(f"{{{name}}}", quote(text[:2000], safe="@"))
        query = "&".join(f"{quote(n)}={quote(t[:500])}" for n, t in given.items() if where[n] == "query")
        headers = {name: _printable(text) for name, text in given.items() if where[name] == "header"}
        if body:
            headers["Content-Type"] = "application/json"
        return HttpCase(path, method, filled + (f"?{query}" if query else ""), body, proof, headers | dict(extra))

    needed = {name: texts[name] for name in texts if where[name] == "path"}
    given = st.fixed_dictionaries(needed, optional={name: texts[name] for name in texts if name not in needed})
    usual = "api-key" if call.auth.startswith("operator") else "good"
    proofs = st.sampled_from((usual, usual, usual, "good", "api-key", "another-url", "none", "rubbish"))
    extra = st.dictionaries(st.sampled_from(UNASKED), HEADER_VALUES.map(str.strip), max_size=1)
    return st.builds(made, given, body, proofs, extra)


def _schema(kind: object) -> tuple[Schema, Mapping[str, Schema]]:
    (schema,), components = schemas_of([kind])
    return schema, components


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:300] if " " <= letter <= "~").strip()


def send(case: HttpCase, client: httpx.Client, base: str, owner: Owner, api_key: str) -> httpx.Response:
    """Send `case`, signed by `owner` or with an operator's `api_key`, as its proof says."""
    url = base + case.path
    headers = dict(case.headers)
    if case.proof == "rubbish":
        headers["Authorization"] = "Nostr " + "A" * 64
    elif case.proof == "api-key":
        headers["Authorization"] = f"Bearer {api_key}"
    elif case.proof != "none":
        signed = url if case.proof == "good" else base + "/another"
        headers["Authorization"] = owner.authorization(case.method, signed, case.body)
    return client.request(case.method, url, headers=headers, content=case.body or None)


def judge(case: HttpCase, answer: httpx.Response) -> None:
    """AssertionError unless the answer is one that the table declares."""
    assert answer.headers.get("x-trace-id") or answer.status_code == 431, "an answer without a trace"
    if case.method == "HEAD":
        assert answer.status_code < 500 or answer.status_code in OUTAGES
        return
    if answer.status_code < 400:
        _judge_success(case, answer)
    else:
        _judge_refusal(case, answer)


def _judge_success(case: HttpCase, answer: httpx.Response) -> None:
    assert case.call is not None, f"{answer.status_code} where nothing is"
    declared = [given for given in case.call.gives if given.status == answer.status_code]
    assert declared, f"{answer.status_code} is not declared"
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    for given in declared:
        if given.body is None:
            assert not answer.content
            return
        if given.media_type != media_type:
            continue
        if media_type == "application/json":
            decoded = msgspec.json.decode(answer.content, type=cast("type[object]", given.body))
            assert json.loads(msgspec.json.encode(decoded)) == answer.json(), "an answer holds more than is declared"
        return
    raise AssertionError(f"{media_type!r} is not declared")


def _judge_refusal(case: HttpCase, answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    row = PROBLEMS[document["code"]]
    assert (document["status"], document["title"]) == (row.status, row.title)
    assert row.status == answer.status_code
    assert row.status < 500 or row.status in OUTAGES, f"input answered with {row.status} {row.code}"
    declared = FOR_ANYBODY if case.call is None else FOR_ANYBODY | set(problems_of(case.call))
    assert row.code in declared | {"bad-request"}, f"{row.code} is not declared"
