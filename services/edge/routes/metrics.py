"""`GET /metrics`: what this edge counts and how the bus is, in Prometheus' text format, for whoever runs it.

Unless a setting opens it, only a peer on this machine that did not come through a proxy is answered: a proxy beside us
would make the whole world a local peer. To others there is nothing at this address.
"""

import ipaddress

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from services.edge.context import Edge
from services.edge.gauges.vitals import vitals_text
from services.edge.web.answers import NO_STORE
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal

PROXIED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


@call(
    "what this process counts, for Prometheus",
    Gives(200, str, "the exposition", media_type=CONTENT_TYPE_LATEST.partition(";")[0]),
    problems=("not-found",),
)
async def metrics(edge: Edge, request: Request) -> Response:
    """200 with the exposition; 404 for a caller that it is not for."""
    if not (edge.settings.metrics_public or is_local(request)):
        raise Refusal("not-found")
    text = edge.metrics.text() + await vitals_text(edge.bus)
    return Response(text, headers=NO_STORE, media_type=CONTENT_TYPE_LATEST)


def is_local(request: Request) -> bool:
    """Whether the request comes from this machine, from nobody else's hand."""
    if request.client is None or any(name in request.headers for name in PROXIED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
