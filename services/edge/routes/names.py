"""`GET /v1/names/{name}`: open. What a name of ours pays, or whether it is free, and if not, why."""

from starlette.requests import Request
from starlette.responses import Response

from bus.kv import Entry
from schemas.names import Name, NameProblem, check_username, name_key, parse_name
from schemas.records import NameRecord
from services.edge.answers import json_response
from services.edge.context import Edge
from services.edge.patience import patience
from services.edge.refusal import Refusal

FRESH_WITHIN_S = 0.25


async def get_name(edge: Edge, request: Request) -> Response:
    """200 for anything that is a name. `X-Revision: n` demands a view at least as new as revision n."""
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    entry = await _entry(edge, name_key(name), request.headers.get("x-revision", ""))
    if entry is None:
        return json_response(free_name(name, edge.settings.name_domains))
    return json_response(taken_name(name, entry), headers={"X-Revision": str(entry.revision)})


def taken_name(name: Name, entry: Entry[NameRecord]) -> dict[str, object]:
    """The public part of a name's record: nothing of whose it is, by which operation, or on which node."""
    record = entry.value
    return {
        "name": name.text,
        "display": name.display,
        "available": False,
        "reason": {"code": "name-taken", "detail": "the name belongs to somebody"},
        "state": record.state,
        "uri": record.uri,
        "offer": record.offer,
        "activeSince": record.active_since,
        "verdict": record.verdict,
        "validUntil": record.valid_until,
        "seq": entry.revision,
    }


def free_name(name: Name, domains: tuple[str, ...]) -> dict[str, object]:
    """A name nobody has: available, or the rule that keeps it from being registered."""
    reason = _refused(name, domains)
    return {"name": name.text, "display": name.display, "available": reason is None, "reason": reason, "state": "free"}


def _refused(name: Name, domains: tuple[str, ...]) -> dict[str, str] | None:
    if name.domain not in domains:
        return {"code": "domain-unknown", "detail": "we do not publish names in that domain"}
    problem = check_username(name.user)
    return {"code": problem.code, "detail": problem.detail} if problem else None


async def _entry(edge: Edge, key: str, demanded: str) -> Entry[NameRecord] | None:
    async with patience(edge.bus):
        if demanded.isdigit() and len(demanded) < 16 and not await edge.names.wait_for(int(demanded), FRESH_WITHIN_S):
            return await edge.names.bucket.get(key)  # the leader knows what this mirror has not seen yet
        return await edge.names.read(key)
