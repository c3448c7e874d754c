"""A crash between an effect and its commit: the next attempt finds the effect and repeats nothing."""

from bus.operations.facts import Operation, OpRef, StoredFact
from bus.operations.outcomes import Done, Fail, Undone
from schemas.facts import AnyFact, Forgotten, OfferDisabled, Opened, Requested, fact_name
from schemas.flows import FLOWS, FlowName
from schemas.requests import FlowRequest, NodeRegister, UsernameRegister
from services.node_manager.desk import Desk
from services.node_manager.handlers.make_offer import MakeOffer
from services.node_manager.handlers.register import Register
from services.node_manager.offers.wanted import offer_request, wanted

from .asking import Person
from .place import Place

REGISTER = FLOWS["node.register"].step("register")
OFFER = FLOWS["username.register"].step("offer")


def operation(flow: FlowName, request: FlowRequest, *later: AnyFact) -> Operation:
    """An operation with these facts, all of them a moment ago."""
    bodies = (Requested(flow=flow, flow_version=1, request=request), *later)
    facts = tuple(StoredFact(fact_name(body), "node-manager", body, seq, 2e9) for seq, body in enumerate(bodies, 1))
    return Operation(OpRef(request.owner, request.op), facts)


def node_operation(person: Person, key: str, node_id: str) -> Operation:
    """An operation whose next step is `register`."""
    request = NodeRegister(
        **person.common(key),
        node_id=node_id,
        network="regtest",
    )
    return operation("node.register", request, Opened(node_id=node_id))


def name_operation(person: Person, key: str, node_id: str) -> Operation:
    """An operation whose next step is `offer`, as far as node-manager cares."""
    request = UsernameRegister(
        **person.common(key),
        username="alice",
        domain="shop.test",
        node_id=node_id,
    )
    return operation("username.register", request)


async def test_registering_twice_stores_once(place: Place, desk: Desk) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", replica.instance)
    op, register = node_operation(person, "k", node_id), Register(desk)
    first = await register.act(op, REGISTER)
    assert isinstance(first, Done)
    record = await place.record(person, node_id)
    place.world.set_fault(scheduler_down=True)  # nothing has to be asked again
    assert await register.act(op, REGISTER) == first
    assert await place.record(person, node_id) == record
    assert len(place.devices(node_id)) == 1


async def test_forgetting_twice_is_forgetting_and_spares_what_another_operation_stored(
    place: Place, desk: Desk
) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", replica.instance)
    op, other, register = node_operation(person, "k", node_id), node_operation(person, "x", node_id), Register(desk)
    await register.act(op, REGISTER)
    assert await register.undo(other, REGISTER) == Undone(Forgotten(node_id=node_id))
    assert await place.record(person, node_id) is not None
    assert await register.undo(op, REGISTER) == Undone(Forgotten(node_id=node_id))
    assert await register.undo(op, REGISTER) == Undone(Forgotten(node_id=node_id))
    assert await place.record(person, node_id) is None


async def test_making_an_offer_twice_makes_one_and_undoing_leaves_none(place: Place, desk: Desk) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    await place.signer(person)
    op, make = name_operation(person, "name", node_id), MakeOffer(desk)
    first = await make.act(op, OFFER)
    assert isinstance(first, Done)
    assert await make.act(op, OFFER) == first
    assert len(place.offers(node_id)) == 1
    offer_id = str(place.offers(node_id)[0]["offerId"])
    assert await make.undo(op, OFFER) == Undone(OfferDisabled(offer_ids=(offer_id,)))
    assert await make.undo(op, OFFER) == Undone(OfferDisabled(offer_ids=()))
    assert not place.offers(node_id)[0]["active"]


async def test_several_offers_of_one_operation_become_one(place: Place, desk: Desk) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "node", replica.instance)
    await place.signer(person)
    op, make = name_operation(person, "name", node_id), MakeOffer(desk)
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    node = desk.node(str(place.nodes()[node_id]["uri"]), page.credentials)
    for _ in range(3):
        await node.offer(offer_request(wanted(op, 0)))
    kept = await make.act(op, OFFER)
    assert isinstance(kept, Done)
    active = [str(row["offerId"]) for row in place.offers(node_id) if row["active"]]
    assert active == [min(str(row["offerId"]) for row in place.offers(node_id))]
    assert await make.act(op, OFFER) == kept


async def test_a_node_of_somebody_else_is_refused_cleanly_and_there_is_nothing_to_undo(
    place: Place, desk: Desk
) -> None:
    op = name_operation(Person(), "name", "02" * 33)
    refused = await MakeOffer(desk).act(op, OFFER)
    assert isinstance(refused, Fail)
    assert (refused.code, refused.clean) == ("node-unknown", True)
    assert await MakeOffer(desk).undo(op, OFFER) == Undone(OfferDisabled(offer_ids=()))
