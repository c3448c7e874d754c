"""Whether an owner's node still has payments whose end is not written down.

The purse tells of those that have a reservation. One that was seen to be paid has given it back before its last fact
stands (`handlers.pay`): whoever dies in between leaves it to the next who looks at the node, and LEDGER alone tells.
"""

from bus.buckets.kv import Bucket
from bus.client import direct
from bus.client.connection import Bus
from bus.errors import Undecodable
from bus.operations import ledger, slip
from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.facts import Sending
from schemas.ids import OpId, Owner
from schemas.records import Purse
from services.node_manager.paying.outgoing import pays_from
from services.node_manager.paying.purse import purse_of

PAGE = 256


async def is_paying(bus: Bus, purses: Bucket[Purse], owner: Owner, node_id: str) -> bool:
    """Whether anything is on its way, or may be, from the node (66 hex), or is there and was not told.

    Raises BusUnavailable.
    """
    if pays_from(await purse_of(purses, owner), node_id):
        return True
    told = await _told(bus, owner, node_id)
    for op in told - await _with(bus, owner, "settled"):
        if await _is_open(bus, OpRef(owner, op)):
            return True
    return False


async def _is_open(bus: Bus, ref: OpRef) -> bool:
    try:
        op = await ledger.read(bus, ref)
        return op is not None and not isinstance(slip.position(op), slip.Finished)
    except Undecodable:
        return False  # nobody can ever take another step of it


async def _told(bus: Bus, owner: Owner, node_id: str) -> set[OpId]:
    """The payments of the owner's that the node was, or may have been, told of."""
    found = set()
    for stored in await _facts(bus, owner, "sending"):
        try:
            body = ledger.fact_of(stored).body
        except Undecodable:
            continue  # nobody will ever know which node it was
        if isinstance(body, Sending) and body.node_id == node_id:
            found.add(subjects.parse_saga(stored.subject).op)
    return found


async def _with(bus: Bus, owner: Owner, fact: str) -> set[OpId]:
    return {subjects.parse_saga(stored.subject).op for stored in await _facts(bus, owner, fact)}


async def _facts(bus: Bus, owner: Owner, fact: str) -> list[direct.Stored]:
    """Every fact called `fact` of the owner's."""
    pattern = subjects.saga(owner, "*", fact, "*")  # type: ignore[arg-type]  # wildcard
    found: list[direct.Stored] = []
    while True:
        page = await direct.following(bus, ledger.STREAM, pattern, found[-1].seq if found else 0, PAGE, None)
        found += page
        if len(page) < PAGE:
            return found
