"""How payers get to a node: what its gossip holds of it decides; nothing but evidence makes it announced."""

import pytest

from proto import node_pb2
from schemas.bolt12 import OfferFields, encode_offer
from schemas.ids import OpId
from schemas.offers import NEVER, OfferTerms
from services.node_manager.offers.home import Announced, Hidden, Home, Publicity, publicity
from services.node_manager.offers.wanted import Wanted, told_apart

from .test_offering import PATH, PATHED, PATHLESS, POINT

ADDRESS = node_pb2.ListnodesNodesAddresses(item_type=node_pb2.ListnodesNodesAddresses.TORV3, address="x", port=9735)
ELSEWHERE = "03" + "ab" * 32


def row(node_id: str = POINT.hex(), **fields: object) -> node_pb2.ListnodesNodes:
    return node_pb2.ListnodesNodes(nodeid=bytes.fromhex(node_id), **fields)  # type: ignore[arg-type]  # as in the rows below


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(last_timestamp=1, addresses=[ADDRESS])], Announced()),
        ([row(ELSEWHERE), row(last_timestamp=1, addresses=[ADDRESS])], Announced()),
        ([], Hidden()),
        ([row()], Hidden()),  # gossip knows a channel of it, and no announcement
        ([row(last_timestamp=1)], Hidden()),
        ([row(addresses=[ADDRESS])], Hidden()),
        ([row(ELSEWHERE, last_timestamp=1, addresses=[ADDRESS])], Hidden()),
    ],
)
def test_a_node_is_announced_by_an_announcement_with_an_address(
    rows: list[node_pb2.ListnodesNodes], expected: Publicity
) -> None:
    assert publicity(node_pb2.ListnodesResponse(nodes=rows), POINT.hex()) == expected


def test_a_path_leads_to_any_node_and_an_id_to_one_that_is_announced_and_is_the_issuer() -> None:
    hidden, known, other = Home(POINT.hex(), Hidden()), Home(POINT.hex(), Announced()), Home(ELSEWHERE, Announced())
    assert [home.way_of(PATHED) for home in (hidden, known, other)] == ["path"] * 3
    assert [home.way_of(PATHLESS) for home in (hidden, known, other)] == [None, "id", None]
    assert [home.way_of("lno1garbage") for home in (hidden, known, other)] == [None] * 3
    blind = encode_offer(OfferFields(description="x", paths=(PATH,)))
    assert isinstance(blind, str)
    assert known.way_of(blind) == "path"


def test_offers_that_say_the_same_get_ends_of_their_own_and_every_attempt_the_same() -> None:
    tea = OfferTerms(description="tea")
    asked = [Wanted("02" * 33, tea, OpId(op * 26), OpId(op * 26)) for op in "abc"]
    ends = [told_apart(want, turn).terms.expires_at for want in asked for turn in range(3)]
    assert len(set(ends)) == len(ends)
    assert all(end is not None and NEVER <= end < 2**32 for end in ends)
    assert ends == [told_apart(want, turn).terms.expires_at for want in asked for turn in range(3)]
    until_then = Wanted("02" * 33, OfferTerms(description="tea", expires_at=5), OpId("a" * 26), OpId("a" * 26))
    assert told_apart(until_then, 1) == until_then
