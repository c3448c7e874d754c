"""`GET /v1/dns/zones/{zone}`: what operators see of a domain that we publish in."""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Wire, utc_text
from schemas.domains import record_domains
from services.edge.asking.patience import patience
from services.edge.callers.operators import admit_operator
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, Parameter, call
from services.edge.web.refusal import Refusal

ZONE = Parameter(
    "path",
    "zone",
    "a domain that we publish in, in lower case",
    Annotated[str, Meta(pattern=r"\A[a-z0-9._-]{1,253}\Z")],
)


class ZoneView(Wire, frozen=True, kw_only=True):
    """A domain that we publish in. `records`: how many payment records we keep there, sellers' and operators'.

    `publisher` serves it (null: not known yet), as part of the provider's `providerZone`, which holds `used` of `quota`
    records, whoever made them (null: nobody counts). `sellers`: whether sellers may register names there. `drifted`:
    how many records somebody else has changed, seen twice; `repairs`: they are put right. `checkedAt` (RFC 3339) is
    when the zone was last compared whole, null before the first time; `checkProblem` why it could not be since.
    """

    zone: str
    publisher: str | None
    provider_zone: str | None
    used: int | None
    quota: int | None
    sellers: bool
    records: int
    drifted: int
    repairs: bool
    checked_at: str | None
    check_problem: str | None


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
        kept, drift = await edge.published.entries(), await edge.drift.entries()
        found = await edge.zone_checks.get(zone)
    check = found.value if found else None
    return json_response(
        ZoneView(
            zone=zone,
            publisher=(check.publisher or None) if check else None,
            provider_zone=(check.zone or None) if check else None,
            used=check.used if check else None,
            quota=check.quota if check else None,
            sellers=zone in edge.settings.name_domains,
            records=sum(1 for key in kept if key.partition("=")[2] == zone),
            drifted=sum(1 for noted in drift.values() if noted.value.domain == zone and noted.value.confirmed),
            repairs=check.repairs if check else False,
            checked_at=utc_text(check.checked_at) if check and check.checked_at else None,
            check_problem=check.problem if check else None,
        )
    )


def zone_of(edge: Edge, request: Request) -> str:
    """The domain in the path; Refusal `zone-unknown` for one that is not configured."""
    zone = str(request.path_params["zone"])
    if zone not in record_domains(edge.settings):
        raise Refusal("zone-unknown")
    return zone
