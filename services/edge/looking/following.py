"""Following one operation: read it, and if the caller would rather wait, read it again at every piece of news."""

import asyncio
from collections.abc import Callable

from nats.aio.msg import Msg

from bus.operations.facts import Operation, OpRef
from bus.tables import subjects
from services.edge.asking.patience import patience
from services.edge.asking.requests import RefusedRequest, Standing, recall
from services.edge.context import Edge
from services.edge.views.operations import OperationView, accepted, refused, view

LOOK_ANYWAY_S = 5.0
"""News is best effort; this often we look without any."""


def view_of(standing: Standing | RefusedRequest) -> OperationView:
    """What stands, or was refused, as its owner sees it."""
    match standing:
        case Operation():
            return view(standing)
        case RefusedRequest(request=request, why=why):
            return refused(request, why)
        case _:
            return accepted(standing)


async def follow(
    edge: Edge, ref: OpRef, wait_s: float, enough: Callable[[OperationView], bool]
) -> OperationView | None:
    """The operation as soon as it is `enough`, or as it stands after `wait_s` seconds; None if the owner has none."""
    if wait_s <= 0:
        async with patience(edge.bus):
            standing = await recall(edge, ref)
        return view_of(standing) if standing else None
    news = asyncio.Event()

    async def heard(_: Msg) -> None:
        news.set()

    async def back() -> None:
        news.set()

    # Subscribe first, read then: a fact stored in between is heard, never missed.
    subscription = await edge.bus.nc.subscribe(subjects.fact_news(ref.op), cb=heard)
    forget = edge.bus.on_reconnect(back)
    try:
        return await _watch(edge, ref, wait_s, enough, news)
    finally:
        forget()
        await subscription.unsubscribe()


async def _watch(
    edge: Edge, ref: OpRef, wait_s: float, enough: Callable[[OperationView], bool], news: asyncio.Event
) -> OperationView | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while True:
        news.clear()
        standing = await recall(edge, ref)
        if standing is None:
            return None
        current, left = view_of(standing), deadline - loop.time()
        if enough(current) or left <= 0:
            return current
        try:
            await asyncio.wait_for(news.wait(), min(left, LOOK_ANYWAY_S))
        except TimeoutError:
            pass  # look anyway
