"""`GET /v1/names/{name}/health`: how a name is. Anybody sees the state of each aspect; its owner also what to do.

What others measured is shown as long as it is fresh; what nobody has looked at lately is `unknown`, never `ok`.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bus.buckets.kv import Bucket
from schemas.base import Wire, utc_text
from schemas.health import WHAT_TO_DO, Aspect, DnsHealth, HealthState, NodeHealth
from schemas.names import NameProblem, name_key, parse_name
from schemas.records import NameRecord, NameState
from services.edge.asking.patience import patience
from services.edge.callers.reading import admit
from services.edge.context import Edge
from services.edge.looking import fresh
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.parameters import DEMANDED_REVISION, NAME
from services.edge.web.refusal import Refusal

STALE_ROUNDS, STALE_MORE_S = 3, 60.0
"""What was looked at longer ago than so many rounds and so many seconds says nothing about now."""

_WORST: tuple[HealthState, ...] = ("down", "degraded", "unknown", "ok")


class AspectView(Wire, frozen=True, kw_only=True):
    """One aspect: its state and since when (RFC 3339). Only the owner is told the rest; `reason` is a stable code."""

    state: HealthState
    since: str
    reason: str | None = None
    what_to_do: str | None = None
    detail: str | None = None


class NameHealthView(Wire, frozen=True, kw_only=True):
    """`state` is the name's, `health` the worst of what is known of its aspects (`unknown` if nothing is)."""

    name: str
    state: NameState
    health: HealthState
    dns: AspectView
    dnssec: AspectView
    offer: AspectView
    signer: AspectView


@call(
    "how a name of ours is, and what its owner can do about it",
    Gives(200, NameHealthView, "each aspect; why and what to do only for the name's owner"),
    auth="anybody",
    takes=(NAME, DEMANDED_REVISION),
    problems=("username-invalid", "name-unknown"),
)
async def get_name_health(edge: Edge, request: Request) -> Response:
    """200 for a name that somebody has."""
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    key, demands = name_key(name), fresh.demands_of(request)
    asks = request.headers.getlist("authorization")
    reader = await admit(edge, request) if asks else None
    async with patience(edge.bus):
        entry = await fresh.read(edge.names, key, demands)
        if entry is None or entry.value.state == "quarantined":
            raise Refusal("name-unknown")
        dns = await Bucket(edge.bus, "dns-health", DnsHealth).get(key)
        node = await Bucket(edge.bus, "node-health", NodeHealth).get(key)
    record, oldest = entry.value, edge.clock() - STALE_ROUNDS * edge.settings.health_every_s - STALE_MORE_S
    shown = _Shown(utc_text(entry.at), oldest, full=reader is not None and reader.owner == record.owner)
    return json_response(shown.health_of(record, dns.value if dns else None, node.value if node else None))


@dataclass(frozen=True, slots=True)
class _Shown:
    """How aspects are shown: those without a look of their own are as they are `since` (RFC 3339).

    Looks before `oldest` (unix seconds) do not count; `full`: to the owner.
    """

    since: str
    oldest: float
    full: bool

    def health_of(self, record: NameRecord, dns: DnsHealth | None, node: NodeHealth | None) -> NameHealthView:
        """Everything about `record`, by the newest looks."""
        if record.state == "active":
            zone = (dns.dns, dns.dnssec, dns.looked_at) if dns else None
            on_node = (node.offer, node.signer, node.looked_at) if node else None
            views = (*self._measured(zone), *self._measured(on_node))
        elif record.paused_since is not None:
            silent = self._view("unknown", record.paused_since, "name-paused")
            views = (self._view("down", record.paused_since, "name-paused"), silent, silent, silent)
        else:
            waiting = self._view(
                "unknown", self.since, "being-registered" if record.state == "reserved" else "being-released"
            )
            views = (waiting, waiting, waiting, waiting)
        worst = min((view.state for view in views), key=_WORST.index)
        return NameHealthView(
            name=record.name,
            state=record.state,
            health=worst,
            dns=views[0],
            dnssec=views[1],
            offer=views[2],
            signer=views[3],
        )

    def _measured(self, looked: tuple[Aspect, Aspect, float] | None) -> tuple[AspectView, AspectView]:
        if looked is not None and looked[2] >= self.oldest:
            one, other = (self._view(a.state, a.since, a.reason, a.detail) for a in looked[:2])
            return one, other
        unseen = self._view("unknown", utc_text(looked[2]) if looked else self.since, "not-looked-at")
        return unseen, unseen

    def _view(self, state: HealthState, since: str, reason: str, detail: str = "") -> AspectView:
        if not self.full:
            return AspectView(state=state, since=since)
        return AspectView(
            state=state, since=since, reason=reason, what_to_do=WHAT_TO_DO.get(reason, ""), detail=detail or None
        )
