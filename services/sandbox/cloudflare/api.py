"""Cloudflare's HTTP interface to the records and to DNSSEC: routes, envelope, token, limits, and faults on demand.

Guarantees: every call is on record; a fault that strikes afterwards leaves the change in place, as a real outage would.
"""

import asyncio
import hmac
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar, assert_never

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from schemas.base import Wire, utc_text
from services.sandbox.cloudflare.dnssec import Dnssec, DnssecBody
from services.sandbox.cloudflare.errors import ERRORS, Refused, envelope, failure, refusal
from services.sandbox.cloudflare.faults import ApiFault, FaultQueue, Stage
from services.sandbox.cloudflare.filters import select
from services.sandbox.cloudflare.limits import RateLimit
from services.sandbox.cloudflare.records import RecordBody, Records, Transaction
from services.sandbox.cloudflare.text import ContentForm, shown
from services.sandbox.state import StoredRecord
from services.sandbox.web import cut

BASE_PATH = "/client/v4"
KEPT_CALLS = 5000
ERROR_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
Action = Callable[[Request, bytes], dict[str, object]]
B = TypeVar("B", bound=msgspec.Struct)


class Batch(Wire, frozen=True, kw_only=True):
    """The body of a batch."""

    deletes: tuple[RecordBody, ...] | None = ()
    patches: tuple[RecordBody, ...] | None = ()
    puts: tuple[RecordBody, ...] | None = ()
    posts: tuple[RecordBody, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was answered or cut: `at` seconds since 1970; `status` 0 when the connection was cut."""

    at: float
    operation: str
    method: str
    path: str
    status: int


@dataclass(slots=True)
class Desk:
    """What is said about calls and how they are answered."""

    form: ContentForm = ContentForm.QUOTED
    limit: RateLimit = field(default_factory=RateLimit)
    faults: FaultQueue = field(default_factory=FaultQueue)
    counts: Counter[str] = field(default_factory=Counter)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))


class CutConnection(Exception):
    """The connection is to be reset instead of answered."""


class CloudflareApi:
    """The API over `records` and `dnssec` for whoever has `token` (`tokens` may change) in the one zone `zone_id`."""

    def __init__(self, records: Records, dnssec: Dnssec, zone_id: str, token: str) -> None:
        self.desk = Desk()
        self.dnssec = dnssec
        self._records = records
        self._zone_id = zone_id
        self.tokens: tuple[str, ...] = (token,)

    def app(self) -> Starlette:
        """The ASGI application, for a `services.sandbox.web.HttpServer`."""
        one, many = "/zones/{zone}/dns_records/{record}", "/zones/{zone}/dns_records"
        table: list[tuple[str, str, str, Action]] = [
            ("GET", "/zones", "zones.list", self._list_zones),
            ("GET", "/zones/{zone}", "zones.get", self._get_zone),
            ("GET", "/zones/{zone}/dnssec", "dnssec.get", self._show_dnssec),
            ("PATCH", "/zones/{zone}/dnssec", "dnssec.edit", self._edit_dnssec),
            ("DELETE", "/zones/{zone}/dnssec", "dnssec.delete", self._delete_dnssec),
            ("GET", many + "/usage", "records.usage", self._usage),
            ("POST", many + "/batch", "records.batch", self._batch),
            ("GET", many, "records.list", self._list),
            ("POST", many, "records.create", self._create),
            ("GET", one, "records.get", self._get),
            ("PUT", one, "records.update", self._update),
            ("PATCH", one, "records.edit", self._edit),
            ("DELETE", one, "records.delete", self._delete),
        ]
        routes = [
            Route(BASE_PATH + path, self._endpoint(name, action), methods=[method])
            for method, path, name, action in table
        ]
        return Starlette(routes=routes)

    def _endpoint(self, operation: str, action: Action) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            status = 0
            try:
                response = await self._answer(operation, action, request)
                status = response.status_code
            except CutConnection:
                await cut(request)
                response = Response()
            finally:
                self._note(operation, request, status)
            response.headers.update(self.desk.limit.headers())
            return response

        return endpoint

    def _note(self, operation: str, request: Request, status: int) -> None:
        self.desk.counts[operation] += 1
        self.desk.calls.append(Call(time.time(), operation, request.method, request.url.path, status))

    async def _answer(self, operation: str, action: Action, request: Request) -> Response:
        body = await request.body()
        if not self.desk.limit.use():
            return _too_many(self.desk.limit.left_s())
        try:
            self._authorize(request)
            fault = self.desk.faults.take(operation, request.method)
            if fault is None:
                return JSONResponse(action(request, body))
            await asyncio.sleep(fault.delay_s)
            if fault.kind == "delay":
                return JSONResponse(action(request, body))
            if fault.stage is Stage.AFTER:
                action(request, body)
            return _struck(fault)
        except Refused as refused:
            return JSONResponse(refusal(refused.row), refused.row.status)

    def _authorize(self, request: Request) -> None:
        header = request.headers.get("authorization")
        if header is None:
            raise Refused("no-auth")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused("bad-header")
        if not any(hmac.compare_digest(token.encode(), good.encode()) for good in self.tokens):
            raise Refused("bad-token")
        if request.path_params.get("zone", self._zone_id) != self._zone_id:
            raise Refused("no-zone")

    # --- zones

    def _zone(self) -> dict[str, object]:
        servers = [f"ns{number}.{self._records.zone}" for number in (1, 2)]
        plan = {"id": "sandbox", "name": "Sandbox", "price": 0, "currency": "USD"}
        return {
            "id": self._zone_id,
            "name": self._records.zone,
            "status": "active",
            "paused": False,
            "type": "full",
            "name_servers": servers,
            "plan": plan,
        }

    def _list_zones(self, request: Request, _: bytes) -> dict[str, object]:
        query = request.query_params
        fits = query.get("name", self._records.zone).lower() == self._records.zone
        fits = fits and query.get("status", "active") == "active"
        on_page = [self._zone()] if fits and query.get("page", "1") == "1" else []
        info = {"page": int(query.get("page", 1)), "per_page": 20, "count": len(on_page), "total_count": int(fits)}
        return envelope(on_page, result_info=info)

    def _get_zone(self, _: Request, __: bytes) -> dict[str, object]:
        return envelope(self._zone())

    # --- DNSSEC

    def _show_dnssec(self, _: Request, __: bytes) -> dict[str, object]:
        return self.dnssec.show()

    def _edit_dnssec(self, _: Request, body: bytes) -> dict[str, object]:
        return self.dnssec.edit(_read(body, DnssecBody))

    def _delete_dnssec(self, _: Request, __: bytes) -> dict[str, object]:
        return self.dnssec.delete()

    # --- records

    def _present(self, record: StoredRecord) -> dict[str, object]:
        content = shown(record.content, self.desk.form) if record.type == "TXT" else record.content
        fields = {name: getattr(record, name) for name in ("id", "name", "type", "ttl", "proxied", "comment")}
        times = {"created_on": record.created_on, "modified_on": record.modified_on}
        return {**fields, **times, "content": content, "proxiable": False, "settings": {}, "meta": {}, "tags": []}

    def _list(self, request: Request, _: bytes) -> dict[str, object]:
        page = select(list(self._records.by_id.values()), request.query_params)
        return envelope([self._present(record) for record in page.records], result_info=page.info())

    def _usage(self, _: Request, __: bytes) -> dict[str, object]:
        plan = self._records.plan
        return envelope({"record_quota": plan.record_quota, "record_usage": len(self._records.by_id)})

    def _get(self, request: Request, _: bytes) -> dict[str, object]:
        record = self._records.by_id.get(request.path_params["record"])
        if record is None:
            raise Refused("no-record")
        return envelope(self._present(record))

    def _create(self, _: Request, body: bytes) -> dict[str, object]:
        return self._changed(lambda transaction: transaction.create(_read(body, RecordBody)))

    def _update(self, request: Request, body: bytes) -> dict[str, object]:
        record_id = request.path_params["record"]
        return self._changed(lambda transaction: transaction.replace(record_id, _read(body, RecordBody)))

    def _edit(self, request: Request, body: bytes) -> dict[str, object]:
        record_id = request.path_params["record"]
        return self._changed(lambda transaction: transaction.edit(record_id, _read(body, RecordBody)))

    def _changed(self, change: Callable[[Transaction], StoredRecord]) -> dict[str, object]:
        transaction = self._records.begin()
        record = change(transaction)
        transaction.commit()
        return envelope(self._present(record))

    def _delete(self, request: Request, _: bytes) -> dict[str, object]:
        transaction = self._records.begin()
        record = transaction.delete(request.path_params["record"])
        transaction.commit()
        return envelope({"id": record.id})

    def _batch(self, _: Request, body: bytes) -> dict[str, object]:
        batch = _read(body, Batch)
        transaction = self._records.begin()
        if sum(len(part or ()) for part in (batch.deletes, batch.patches, batch.puts, batch.posts)) > (
            self._records.plan.batch_limit
        ):
            raise Refused("batch-too-big")
        results = {
            "deletes": [self._present(transaction.delete(each.id or "")) for each in batch.deletes or ()],
            "patches": [self._present(transaction.edit(each.id or "", each)) for each in batch.patches or ()],
            "puts": [self._present(transaction.replace(each.id or "", each)) for each in batch.puts or ()],
            "posts": [self._present(transaction.create(each)) for each in batch.posts or ()],
        }
        transaction.commit()
        return envelope(results)


def _read(body: bytes, kind: type[B]) -> B:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("not-json") from None


def _too_many(retry_after_s: int) -> Response:
    row = ERRORS["rate-limited"]
    return JSONResponse(refusal(row), row.status, {"Retry-After": str(retry_after_s)})


def _struck(fault: ApiFault) -> Response:
    """The answer of a call that `fault` struck; raises CutConnection when there is none."""
    match fault.kind:
        case "rate-limited":
            return _too_many(fault.retry_after_s)
        case "server-error" | "server-error-after":
            return JSONResponse(failure(10002, "An unknown error has occurred"), 500)
        case "not-successful":
            return JSONResponse(failure(fault.code, fault.message))
        case "html" | "html-after":
            return HTMLResponse(ERROR_PAGE, 502)
        case "error":
            return JSONResponse(failure(fault.code, fault.message), fault.status)
        case "reset-before" | "reset-after":
            raise CutConnection
        case "delay":
            raise ValueError("a delay does not replace an answer")
        case _:
            assert_never(fault.kind)


def calls_table(desk: Desk) -> dict[str, object]:
    """Counts by operation and the latest calls, for people and tests."""
    latest = [{**msgspec.to_builtins(call), "time": utc_text(call.at)} for call in desk.calls]
    return {"counts": dict(desk.counts), "calls": latest, "faultsWaiting": desk.faults.waiting()}
