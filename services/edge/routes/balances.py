"""`GET /v1/nodes/{id}/balance` and `GET /v1/balance`: what an owner's nodes have, from the mirror of `balances`,
and what of it payments that are not over may cost, from that of `purses`.

A balance is as new as its watcher's last write: a mirror follows every write, nothing here expires by time.
"""

from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Entry
from schemas.ids import Owner
from schemas.records import Purse
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.routes.own_nodes import node_id_of
from services.edge.views.balances import BalancesView, BalanceView, balance_view, balances_view
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import DEMANDED_REVISION, NODE_ID, REVISION
from services.edge.web.refusal import Refusal


@call(
    "what one of your nodes has",
    Gives(200, BalanceView, "the balance", (REVISION,)),
    auth="reader",
    takes=(NODE_ID, DEMANDED_REVISION),
    problems=("node-unknown", "balance-unknown"),
)
async def get_balance(edge: Edge, request: Request) -> Response:
    """200 with the balance of one of the caller's nodes; 404 for anybody else's, and before it was ever read."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    owner = reader.owner
    key = f"{owner}.{node_id_of(request)}"
    async with patience(edge.bus):
        if await fresh.read(edge.nodes, key, demands) is None:
            raise Refusal("node-unknown")
        entry = await fresh.read(edge.balances, key, demands)
        purse = await fresh.read(edge.purses, owner, demands)
    if entry is None:
        raise Refusal("balance-unknown")
    revisions = fresh.revision_of(edge.balances, key, entry).text, *_of_purse(edge, owner, purse)
    shown = balance_view(entry, purse.value if purse else Purse(), edge.clock())
    return json_response(shown, headers={fresh.HEADER: ",".join(revisions)})


@call(
    "what all of your nodes have together, and each of them",
    Gives(200, BalancesView, "sums, and the balances they are made of", (REVISION,)),
    auth="reader",
    takes=(DEMANDED_REVISION,),
)
async def get_balances(edge: Edge, request: Request) -> Response:
    """200 with the sums over the caller's nodes and a revision that covers them all."""
    demands = fresh.demands_of(request)
    reader = await admit(edge, request)
    async with patience(edge.bus):
        nodes, of_nodes = await fresh.read_group(edge.nodes, reader.owner, demands)
        found, revision = await fresh.read_group(edge.balances, reader.owner, demands)
        purse = await fresh.read(edge.purses, reader.owner, demands)
    node_ids = (entry.value.node_id for entry in nodes.values())
    outgoing = purse.value if purse else Purse()
    view = balances_view(found.values(), node_ids, outgoing, edge.clock(), revision.seq)
    revisions = revision.text, of_nodes.text, *_of_purse(edge, reader.owner, purse)
    return json_response(view, headers={fresh.HEADER: ",".join(revisions)})


def _of_purse(edge: Edge, owner: Owner, purse: Entry[Purse] | None) -> tuple[str, ...]:
    """The revision of what is reserved; none, if nothing ever was."""
    return () if purse is None else (fresh.revision_of(edge.purses, owner, purse).text,)
