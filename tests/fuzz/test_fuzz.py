"""Every door of a running mesh under hostile input; see `tests/fuzz/__init__.py`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import strategies as st
from nats.errors import Error as NatsError

from bus.client.connection import Bus, connect
from tests.fuzz import bus_cases as on_bus
from tests.fuzz import http_cases as over_http
from tests.fuzz import raw_cases as raw
from tests.fuzz import rounds
from tests.fuzz import socket_cases as on_socket
from tests.fuzz.conftest import Target
from tests.fuzz.oracle import assert_every_request_is_answered, assert_it_still_works, assert_nobody_died

T = TypeVar("T")

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(int(rounds.SECONDS * 6) + 240),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]


async def test_every_call_answers_as_the_table_says(target: Target) -> None:
    base = target.mesh.stack.edge_url
    with httpx.Client(timeout=40) as client:

        def check(case: over_http.HttpCase) -> None:
            over_http.judge(case, over_http.send(case, client, base, target.owner, target.api_key))

        await played(target, "http", over_http.cases(target.hints), check)
    await assert_it_still_works(target.mesh, target.owner)


async def test_bytes_that_are_hardly_http(target: Target) -> None:
    parts = urlsplit(target.mesh.stack.edge_url)
    address = (str(parts.hostname), int(parts.port or 0))

    def check(case: raw.RawCase) -> None:
        raw.judge_raw(raw.exchange(address, case))

    await played(target, "raw", raw.raw_cases(), check)


async def test_the_socket_ends_in_order_whatever_is_said(target: Target) -> None:
    base = target.mesh.stack.edge_url

    def check(case: on_socket.SocketCase) -> None:
        on_socket.converse(case, base, target.owner)

    await played(target, "socket", on_socket.socket_cases(), check)


async def test_whatever_another_service_asks_is_answered(target: Target) -> None:
    async with on_the_bus(target, ("shopstr",)) as (buses, check):
        cases = on_bus.bus_cases(tuple(buses), target.hints, target.tokens)
        await played(target, "shopstr", cases, check)
        assert await assert_every_request_is_answered(buses["shopstr"]) > 0
    await assert_it_still_works(target.mesh, target.owner)


async def test_nobody_on_the_bus_can_bring_another_down(target: Target) -> None:
    async with on_the_bus(target, on_bus.MAD) as (buses, check):
        cases = on_bus.bus_cases(tuple(buses), target.hints, target.tokens)
        await played(target, "bus", cases, check)
    await assert_it_still_works(target.mesh, await target.mesh.owner_with_node())
    assert_nobody_died(target.mesh)


async def played(target: Target, door: str, cases: st.SearchStrategy[T], check: Callable[[T], None]) -> None:
    """Play beside the loop in which the mesh is kept alive, then see that nobody died and the edge is ready."""
    await asyncio.to_thread(rounds.play, door, cases, check, lambda: assert_nobody_died(target.mesh), rounds.SECONDS)
    assert (await target.mesh.client.get(target.mesh.stack.edge_url + "/readyz")).status_code == 200


@asynccontextmanager
async def on_the_bus(
    target: Target, identities: Iterable[str]
) -> AsyncIterator[tuple[dict[str, Bus], Callable[[on_bus.BusCase], None]]]:
    """A connection for each of `identities`, and how a thread beside this loop says a case on it."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        buses: dict[str, Bus] = {}
        for identity in identities:
            buses[identity] = await connect(target.mesh.stack.settings(), identity)
            stack.push_async_callback(buses[identity].close)

        def check(case: on_bus.BusCase) -> None:
            asyncio.run_coroutine_threadsafe(_say(buses[case.identity], case), loop).result(60)

        yield buses, check


async def _say(bus: Bus, case: on_bus.BusCase) -> None:
    """Publish and wait until the server has taken it in; what the client refuses at once was refused."""
    with contextlib.suppress(NatsError, ValueError):
        await bus.nc.publish(case.subject, case.payload, headers=dict(case.headers) or None)
    await bus.flush(30)
