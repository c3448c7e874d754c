"""`GET /v1/names/{name}`: open. What a name of ours pays, or whether it is free, and if not, why."""

from starlette.requests import Request
from starlette.responses import Response

from bus.kv import Entry
from schemas.names import Name, NameProblem, check_username, name_key, parse_name
from schemas.records import NameRecord
from services.edge import fresh
from services.edge.answers import json_response
from services.edge.context import Edge
from services.edge.kept import KeptAnswer
from services.edge.patience import patience
from services.edge.refusal import Refusal


async def get_name(edge: Edge, request: Request) -> Response:
    """200 for anything that is a name. `X-Revision` demands a view at least as new."""
    name = parse_name(str(request.path_params["name"]))
    if isinstance(name, NameProblem):
        raise Refusal(name.code, name.detail)
    key, demands = name_key(name), fresh.demands_of(request)
    async with patience(edge.bus):
        entry = await fresh.read(edge.names, key, demands)
    if entry is None:
        return json_response(free_name(name, edge.settings.name_domains))
    revision = fresh.revision_of(edge.names, key, entry)
    response = json_response(taken_name(name, entry), headers={fresh.HEADER: revision.text})
    if request.method == "GET":
        headers = (*response.raw_headers, (b"x-content-type-options", b"nosniff"))
        edge.kept.keep(request.scope["raw_path"], KeptAnswer(key, entry, headers, bytes(response.body)))
    return response


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
