"""`POST /v1/offers/decode`: open. What an offer says, and every rule of BOLT 12 one by one.

Nothing is asked of anybody, and what it costs is bounded by the length of the text (the worst: some milliseconds).
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.bolt12 import CHAINS, examine_offer
from services.edge.context import Edge
from services.edge.views.offer_examination import OfferExamined, shown
from services.edge.web.answers import json_response
from services.edge.web.body import decode_body, read_body, require_json
from services.edge.web.call import Gives, call

MAX_OFFER_CHARS: Final = 4096
"""Four times the longest that nodes make."""


class DecodeBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The text of an offer: `lno1…`, in pieces joined by `+` if need be."""

    offer: Annotated[str, Meta(min_length=1, max_length=MAX_OFFER_CHARS)]


@call(
    "what an offer says, and whether it keeps each rule of BOLT 12",
    Gives(200, OfferExamined, "whether it is valid, and why not: both are answers"),
    body=DecodeBody,
)
async def decode_offer(edge: Edge, request: Request) -> Response:
    """200, whatever the text is."""
    require_json(request)
    body = decode_body(await read_body(request, edge.settings.max_body_bytes), DecodeBody)
    return json_response(shown(examine_offer(body.offer, chain_hash=CHAINS[edge.settings.network], now=edge.clock())))
