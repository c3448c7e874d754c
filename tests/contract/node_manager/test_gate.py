"""No call that needs a signature goes to a node without a signer: it is refused before anything of it is sent."""

import pytest
from google.protobuf.message import Message

from proto import node_pb2
from services.mesh.device.signer import Signer
from services.node_manager.desk import Desk, identity_of
from services.node_manager.greenlight.errors import SignerDetached
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.methods import FETCH_INVOICE, INVOICE, METHODS, PAY, Method
from tests.waiting import until

from .asking import PATIENCE_S, Person
from .place import Place

SIGNING = Method("getinfo", "/cln.Node/Getinfo", signs=True)
"""A call whose arrival the sandbox counts, taken for one that needs a signature."""
REQUESTS: dict[Method, tuple[Message, type[Message]]] = {
    FETCH_INVOICE: (node_pb2.FetchinvoiceRequest(offer="lno1x"), node_pb2.FetchinvoiceResponse),
    PAY: (node_pb2.PayRequest(bolt11="lnbcrt1x"), node_pb2.PayResponse),
    INVOICE: (node_pb2.InvoiceRequest(label="x", description="x"), node_pb2.InvoiceResponse),
}
"""Of each method that signs, what is sent and what would be answered."""


async def a_node(place: Place, desk: Desk) -> tuple[Person, Node]:
    """A registered, running node, as a caller in node-manager has it."""
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await replica.stop()  # so that nobody else calls
    page = await desk.book.read(person.owner, node_id)
    assert page is not None
    running = await desk.scheduler.look(bytes.fromhex(node_id), identity_of(page.credentials))
    assert isinstance(running, Running)
    return person, desk.node(running.uri, page.credentials)


async def test_it_is_not_sent_without_a_signer_and_sent_with_one(place: Place, desk: Desk) -> None:
    person, node = await a_node(place, desk)
    before = place.calls("Getinfo")
    refused = await node.sign(SIGNING, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
    assert refused == SignerDetached()
    assert place.calls("Getinfo") == before
    await place.signer(person)
    answer = await node.sign(SIGNING, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
    assert isinstance(answer, node_pb2.GetinfoResponse)
    assert place.calls("Getinfo") == before + 1


async def test_no_method_that_signs_reaches_a_node_without_a_signer(place: Place, desk: Desk) -> None:
    signing = [method for method in METHODS if method.signs]
    assert set(signing) == set(REQUESTS)
    person, node = await a_node(place, desk)

    def received() -> list[int]:
        return [place.calls(method.path.rpartition("/")[2]) for method in signing]

    for method in signing:
        request, reply = REQUESTS[method]
        assert await node.sign(method, request, reply) == SignerDetached()
        with pytest.raises(AssertionError, match="sign"):
            await node._call(method, request, reply)
    assert received() == [0] * len(signing)
    await place.signer(person)
    for method in signing:
        await node.sign(method, *REQUESTS[method])
    assert received() == [1] * len(signing)
    await desk.channels.close()


async def test_a_signature_that_was_just_made_proves_nothing_of_the_next(place: Place, desk: Desk) -> None:
    person, node = await a_node(place, desk)
    async with Signer(place.addresses, person.words) as signer:
        await signer.wait_attached(PATIENCE_S)
        await until(lambda: _connected(place))
        answer = await node.sign(SIGNING, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
        assert isinstance(answer, node_pb2.GetinfoResponse)
        assert node.signed_lately
    await until(lambda: _connected(place, no=True))
    before = place.calls("Getinfo")
    assert await node.sign(SIGNING, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse) == SignerDetached()
    assert place.calls("Getinfo") == before


async def _connected(place: Place, *, no: bool = False) -> bool:
    return any(node["peerConnected"] for node in place.nodes().values()) is not no


async def test_there_is_no_other_way_to_such_a_call(place: Place, desk: Desk) -> None:
    _person, node = await a_node(place, desk)
    with pytest.raises(AssertionError, match="sign"):
        await node._call(SIGNING, node_pb2.GetinfoRequest(), node_pb2.GetinfoResponse)
