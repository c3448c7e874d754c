"""Looking at what somebody's node received: the operations, and what their owner is told of them."""

import hashlib

from bus.operations.facts import OpRef
from proto import node_pb2
from schemas.facts import Credited
from schemas.receipts import receive_op
from schemas.records import Receipts
from services.node_manager.desk import Desk, identity_of
from services.node_manager.methods import PAY
from tests.secrets_search import encodings
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .paying import Payer
from .place import Place


async def credits_of(place: Place, person: Person) -> list[Credited]:
    """What the person was credited so far, in order."""
    return [fact for fact in await place.facts(person, "credited") if isinstance(fact, Credited)]


async def credited(place: Place, person: Person, count: int, within_s: float = PATIENCE_S) -> list[Credited]:
    """The person's credits once there are `count`; never more."""

    async def there() -> bool:
        return len(await credits_of(place, person)) >= count

    await until(there, within_s)
    found = await credits_of(place, person)
    assert len(found) == count
    assert len({credit.payment_hash for credit in found}) == count
    return found


def receive_ref(person: Person, node_id: str, payment_hash: str) -> OpRef:
    """The one operation of that payment."""
    return OpRef(person.owner, receive_op(person.owner, node_id, payment_hash))


async def paid_directly(desk: Desk, payer: Payer, payee: Payer, msat: int) -> str:
    """Pay a new BOLT 11 invoice of `payee` without asking the mesh; its payment hash (hex)."""
    invoice = await payee.invoice(desk, msat)
    made = await (await payer.node(desk)).sign(PAY, node_pb2.PayRequest(bolt11=invoice), node_pb2.PayResponse)
    assert isinstance(made, node_pb2.PayResponse), made
    return made.payment_hash.hex()


async def preimages(desk: Desk, payer: Payer, payment_hash: bytes) -> tuple[bytes, ...]:
    """What proves to the payer that it was paid, in every spelling that a careless line would write."""
    listed = await (await payer.node(desk)).list_pays(payment_hash)
    assert isinstance(listed, node_pb2.ListpaysResponse)
    [secret] = {row.preimage for row in listed.pays}
    assert hashlib.sha256(secret).digest() == payment_hash
    return tuple(encodings(secret).values())


async def receipts_of(desk: Desk, payer: Payer) -> Receipts:
    """How far that person's payments were found."""
    entry = await desk.receipts.get(f"{payer.person.owner}.{payer.node_id}")
    assert entry is not None
    return entry.value


async def let_go(place: Place, payer: Payer) -> bool:
    """Whether nobody watches that person's node any more, because it stopped."""
    found = await place.balance(payer.person, payer.node_id)
    return found is not None and not found.running


async def start_by_wallet(desk: Desk, payer: Payer) -> None:
    """Have the node run as if its owner's wallet had started it: none of our processes is told."""
    page = await desk.book.read(payer.person.owner, payer.node_id)
    assert page is not None
    await desk.scheduler.schedule(bytes.fromhex(payer.node_id), identity_of(page.credentials))

    async def back() -> bool:
        return bool(payer.place.nodes()[payer.node_id]["peerConnected"])

    await until(back)
