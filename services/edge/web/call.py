"""What one method of one address takes and gives, said once, beside the handler that does it.

`@call(...)` turns a handler into a row of the table of addresses (`services.edge.app`). The OpenAPI document, the index
and the fuzzer are made from these rows, so an address that says nothing about itself cannot be added.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp

from services.edge.context import Edge

Answer = Callable[[Edge, Request], Awaitable[ASGIApp]]

Auth = Literal["open", "anybody", "owner", "holder", "asker", "marker", "reader", "operator", "operator-reader"]
"""Who may call: anybody; anybody, of whom who proves their key is told more; an owner who proves their key; also who
holds a session's token; instead who holds an API key; either of them; also who has a session's cookie; an operator, to
change something; an operator, to look.

`web.openapi` says with which schemes.
"""

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value beside the body. `kind` is its type (with `Meta` limits); `problems` are what a bad one answers."""

    where: Literal["path", "query", "header"]
    name: str
    meaning: str
    kind: object = str
    required: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gives:
    """An answer that is no refusal: its body's type (None: no body). `media_type` tells several of one status apart."""

    status: int
    body: object
    meaning: str
    headers: tuple[Parameter, ...] = ()
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Call:
    """One row: `answer` does it; `problems` are its refusals beyond those every call has (`web.openapi`)."""

    answer: Answer
    summary: str
    gives: tuple[Gives, ...]
    auth: Auth = "open"
    body: type[msgspec.Struct] | None = None
    takes: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()

    async def __call__(self, edge: Edge, request: Request) -> ASGIApp:
        """Answer one request."""
        return await self.answer(edge, request)


def call(
    summary: str,
    *gives: Gives,
    auth: Auth = "open",
    body: type[msgspec.Struct] | None = None,
    takes: tuple[Parameter, ...] = (),
    problems: tuple[str, ...] = (),
) -> Callable[[Answer], Call]:
    """Describe a handler. `summary` is one line for a person, as it stands in the index."""

    def described(answer: Answer) -> Call:
        return Call(answer, summary, gives, auth, body, takes, problems)

    return described
