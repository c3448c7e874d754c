"""`/openapi.json`, `/asyncapi.json`, `/docs` and `/`: what is here, for programs and for people.

The documents are those committed in `schemas/generated`; a test of the house fails when they differ from the tables.
"""

import functools
import hashlib
from importlib import resources

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire
from schemas.documents import Schema
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.docs import page

CACHE = "public, max-age=300"
LOCKED_DOWN = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The page runs nothing and loads nothing."""


class Index(Wire, frozen=True, kw_only=True):
    """`METHOD path` of every call, and what it is for."""

    service: str
    addresses: dict[str, str]


@functools.cache
def committed(name: str) -> bytes:
    """The document `name` of `schemas/generated`."""
    return resources.files("schemas").joinpath("generated", name).read_bytes()


@functools.cache
def openapi() -> Schema:
    """The OpenAPI document."""
    found: Schema = msgspec.json.decode(committed("openapi.json"), type=Schema)
    return found


@call("this table", Gives(200, Index, "every address"))
async def index(_edge: Edge, _request: Request) -> Response:
    """The table of addresses."""
    paths = msgspec.convert(openapi()["paths"], dict[str, dict[str, Schema]])
    rows = {
        f"{method.upper()} {path}": str(operation["summary"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    return json_response(Index(service="shopstr payment mesh", addresses=rows))


@call("the OpenAPI 3.1 document", Gives(200, Schema, "the document"))
async def openapi_document(_edge: Edge, _request: Request) -> Response:
    """200 with what is committed."""
    return _served(committed("openapi.json"), "application/json")


@call("the AsyncAPI 3 document: the bus and the socket", Gives(200, Schema, "the document"))
async def asyncapi_document(_edge: Edge, _request: Request) -> Response:
    """200 with what is committed."""
    return _served(committed("asyncapi.json"), "application/json")


@call("the OpenAPI document as a page", Gives(200, str, "HTML", media_type="text/html"))
async def docs_page(_edge: Edge, _request: Request) -> Response:
    """200 with one page that needs no script and no network."""
    return _served(page(openapi()).encode(), "text/html")


def _served(body: bytes, media_type: str) -> Response:
    headers = {
        "Cache-Control": CACHE,
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Content-Security-Policy": LOCKED_DOWN,
    }
    return Response(body, 200, headers, media_type)
