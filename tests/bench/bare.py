"""`python -m tests.bench.bare FILE`: a bare Starlette app, served as the edge is, that answers the bytes of FILE."""

import asyncio
import sys
from pathlib import Path

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.edge.web.serving import serve


def app(body: bytes) -> Starlette:
    """Nothing but the route."""

    async def answer(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/v1/names/{name}", answer)])


async def main() -> None:
    """Serve until killed."""
    body = await asyncio.to_thread(Path(sys.argv[1]).read_bytes)
    await serve(app(body), "127.0.0.1", 0, asyncio.Event(), lambda url: print(url, flush=True))


if __name__ == "__main__":
    uvloop.run(main())
