"""The registry's RDAP service for `test.` (RFC 9083), its bootstrap file (RFC 9224), and ways in which it misleads.

Guarantees: what it says about DS is what the registry has, unless told to be stale; a domain on hold is really taken
out of the zone, as registries do.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Literal, assert_never

import dns.exception
import dns.name
from dns.name import Name
from dns.rdtypes.ANY.DS import DS
from msgspec import Meta
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.base import Wire, utc_text
from services.sandbox.dns.children import Children
from services.sandbox.dns.universe import TEST, Universe
from services.sandbox.web import gone

BASE_PATH = "/rdap"
BOOTSTRAP_PATH = "/bootstrap/dns.json"
MEDIA_TYPE = "application/rdap+json"
HOLDS = frozenset({"client hold", "server hold"})
STATUSES = HOLDS | {
    "active",
    "add period",
    "client delete prohibited",
    "client transfer prohibited",
    "client update prohibited",
    "inactive",
    "pending create",
    "pending delete",
    "pending restore",
    "pending update",
    "redemption period",
    "server delete prohibited",
    "server transfer prohibited",
    "server update prohibited",
}
"""Status of a domain, as RFC 8056 spells those of EPP."""

Fault = Literal["", "server-error", "rate-limited", "not-found", "not-json", "silent", "stale"]


class RdapWish(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the service behaves from now on; what is absent stays.

    `status` is that of the domain `zone`. `fault` holds until changed: `stale` is the DS as it is now, whatever comes.
    """

    zone: str | None = None
    status: tuple[str, ...] | None = None
    fault: Fault | None = None
    delay_s: Annotated[float, Meta(ge=0, le=3600)] | None = None


class Rdap:
    """The service, at `url` once it is known."""

    def __init__(self, universe: Universe, children: Children) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._universe = universe
        self._children = children
        self._status: dict[Name, tuple[str, ...]] = {}
        self._fault: Fault = ""
        self._delay_s = 0.0
        self._stale: dict[Name, list[DS]] = {}

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(BOOTSTRAP_PATH, self._bootstrap, methods=["GET"]),
                Route(BASE_PATH + "/domain/{name}", self._faulty(self._domain), methods=["GET"]),
            ]
        )

    def apply(self, wish: RdapWish) -> None:
        """Behave like this; raises ValueError for a zone or status there is none of, and then changes nothing."""
        if (wish.zone is None) != (wish.status is None):
            raise ValueError("a zone and its status go together")
        if wish.zone is not None and wish.status is not None:
            self._set_status(_name(wish.zone), wish.status)
        if wish.fault is not None:
            self._fault = wish.fault
            self._stale = {origin: self._children.registered_ds(origin) for origin in self._children.origins()}
        if wish.delay_s is not None:
            self._delay_s = wish.delay_s

    def reset(self) -> None:
        """No faults any more; statuses stay."""
        self._fault, self._delay_s = "", 0.0

    def state(self) -> dict[str, object]:
        """What it says of whom, and what it was asked."""
        status = {origin.to_text(): list(self._status_of(origin)) for origin in self._children.origins()}
        return {"status": status, "fault": self._fault, "delayS": self._delay_s, "asked": list(self.asked)}

    def _set_status(self, origin: Name, status: Iterable[str]) -> None:
        self._children.get(origin)
        wanted = tuple(status)
        if unknown := set(wanted) - STATUSES:
            raise ValueError(f"no status of a domain: {', '.join(sorted(unknown))}")
        self._status[origin] = wanted
        self._universe.hold(origin, held=bool(HOLDS & set(wanted)))

    def _status_of(self, origin: Name) -> tuple[str, ...]:
        return self._status.get(origin, ("active",))

    async def _bootstrap(self, _: Request) -> Response:
        services = [[[TEST.to_text(omit_final_dot=True)], [f"{self.url}/"]]]
        return JSONResponse({"version": "1.0", "publication": utc_text(time.time()), "services": services})

    def _faulty(self, answer: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self.asked.append(request.url.path)
            fault = self._fault
            await asyncio.sleep(self._delay_s)
            match fault:
                case "silent":
                    await gone(request)
                    return Response()
                case "server-error":
                    return _error(500, "Internal Server Error")
                case "rate-limited":
                    return _error(429, "Too Many Requests", {"Retry-After": "60"})
                case "not-found":
                    return _error(404, "Not Found")
                case "not-json":
                    return Response("<html>registry</html>", media_type="text/html")
                case "" | "stale":
                    return answer(request)
                case _:
                    assert_never(fault)

        return endpoint

    def _domain(self, request: Request) -> Response:
        try:
            origin = _name(request.path_params["name"])
            stored = self._children.get(origin)
        except ValueError:
            return _error(404, "Not Found")
        ds = self._stale.get(origin, []) if self._fault == "stale" else self._children.registered_ds(origin)
        return _rdap(
            {
                "rdapConformance": ["rdap_level_0"],
                "objectClassName": "domain",
                "ldhName": origin.to_text(omit_final_dot=True),
                "status": list(self._status_of(origin)),
                "nameservers": [
                    {"objectClassName": "nameserver", "ldhName": f"ns{number}.{origin.to_text(omit_final_dot=True)}"}
                    for number, _ in enumerate(self._universe.addresses[origin], 1)
                ],
                "secureDNS": {
                    "zoneSigned": stored.signed,
                    "delegationSigned": bool(ds),
                    "dsData": [_ds_data(record) for record in ds],
                },
                "events": [{"eventAction": "last update of RDAP database", "eventDate": utc_text(time.time())}],
            }
        )


def _ds_data(ds: DS) -> dict[str, object]:
    return {
        "keyTag": ds.key_tag,
        "algorithm": int(ds.algorithm),
        "digestType": int(ds.digest_type),
        "digest": ds.digest.hex().upper(),
    }


def _rdap(body: dict[str, object], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def _error(status: int, title: str, headers: dict[str, str] | None = None) -> Response:
    return _rdap({"rdapConformance": ["rdap_level_0"], "errorCode": status, "title": title}, status, headers)


def _name(text: str) -> Name:
    try:
        return dns.name.from_text(text.lower())
    except dns.exception.DNSException as error:
        raise ValueError(f"not a domain: {type(error).__name__}") from error
