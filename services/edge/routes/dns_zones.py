"""`GET /v1/dns/zones/{zone}`: what operators see of a domain that we publish in."""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire
from services.edge.answers import json_response
from services.edge.call import Gives, Parameter, call
from services.edge.context import Edge
from services.edge.operators import admit_operator
from services.edge.patience import patience
from services.edge.refusal import Refusal

ZONE = Parameter(
    "path",
    "zone",
    "a domain that we publish in, in lower case",
    Annotated[str, Meta(pattern=r"\A[a-z0-9._-]{1,253}\Z")],
)


class ZoneView(Wire, frozen=True, kw_only=True):
    """A domain that we publish in. `records`: how many payment records we keep there, sellers' and operators'."""

    zone: str
    records: int


@call(
    "a domain that we publish in, as its operators see it",
    Gives(200, ZoneView, "the domain"),
    auth="operator-reader",
    takes=(ZONE,),
    problems=("zone-unknown",),
)
async def get_zone(edge: Edge, request: Request) -> Response:
    """200 for a configured domain."""
    await admit_operator(edge, request)
    zone = zone_of(edge, request)
    async with patience(edge.bus):
        kept = await edge.published.entries()
    records = sum(1 for key in kept if key.partition("=")[2] == zone)
    return json_response(ZoneView(zone=zone, records=records))


def zone_of(edge: Edge, request: Request) -> str:
    """The domain in the path; Refusal `zone-unknown` for one that is not configured."""
    zone = str(request.path_params["zone"])
    if zone not in edge.settings.name_domains:
        raise Refusal("zone-unknown")
    return zone
