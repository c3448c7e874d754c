"""The control interface: what the sandbox has seen, faults on demand, settings while it runs. See README.md.

Guarantees: a body with an unknown field or value changes nothing and is answered 422 with the reason.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.base import Wire
from services.sandbox.cloudflare.api import CloudflareApi, calls_table
from services.sandbox.cloudflare.faults import ApiFault
from services.sandbox.cloudflare.limits import RateLimit
from services.sandbox.cloudflare.records import Records
from services.sandbox.cloudflare.text import ContentForm
from services.sandbox.dns.world import DnsWorld
from services.sandbox.dns_control import DnsControl, DnsTimes, Seconds, Ttl, read
from services.sandbox.rdap import Rdap, RdapWish

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Greenlight(Protocol):
    """What is asked of the Greenlight world; a `ValueError` means the wish makes no sense."""

    def state(self) -> dict[str, object]:
        """What there is."""

    def apply_faults(self, wish: object) -> None:
        """Set faults."""

    def set_money_fault(self, wish: object) -> None:
        """Arm a money fault."""

    def set_rate(self, wish: object) -> None:
        """What the provider takes for forwarding."""

    def reset_faults(self) -> None:
        """No faults any more."""

    def receive(self, wish: object) -> None:
        """Let a payment arrive at a node."""

    def behind(self, wish: object) -> None:
        """Post that a node is stuck."""

    def read_chain(self, wish: object) -> None:
        """How far a node has read the chain."""

    def announce(self, wish: object) -> None:
        """Have the Core Lightning of somebody's own announced, or not."""

    def cut(self, wish: object) -> None:
        """Cut connections."""

    def set_boot_delay(self, seconds: float) -> None:
        """How long a node takes to start."""


class Wishes(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings to change; what is absent stays."""

    resolver_lag_s: Seconds | None = None
    negative_ttl_s: Ttl | None = None
    boot_delay_s: Seconds | None = None
    content_form: ContentForm | None = None
    record_quota: Count | None = None
    min_ttl_s: Count | None = None
    rate_quota: Count | None = None
    rate_window_s: Count = 300
    dnssec_delay_s: Seconds | None = None
    tokens: tuple[str, ...] | None = None


class Control:
    """The control interface over the parts of the sandbox."""

    def __init__(self, dns: DnsWorld, api: CloudflareApi, records: Records, rdap: Rdap, greenlight: Greenlight) -> None:
        self._dns = dns
        self._dns_control = DnsControl(dns)
        self._api = api
        self._records = records
        self._rdap = rdap
        self._greenlight = greenlight

    def app(self) -> Starlette:
        """The ASGI application."""
        posts: dict[str, Callable[[bytes], None]] = {
            **self._dns_control.posts(),
            "/control/cloudflare/faults": self._cloudflare_faults,
            "/control/rdap": self._set_rdap,
            "/control/greenlight/faults": self._greenlight_faults,
            "/control/greenlight/receive": self._receive,
            "/control/greenlight/behind": self._behind,
            "/control/greenlight/chain": self._read_chain,
            "/control/greenlight/announce": self._announce,
            "/control/greenlight/cut": self._cut,
            "/control/greenlight/money/faults": self._money_faults,
            "/control/greenlight/money/rate": self._rate,
            "/control/settings": self._settings,
            "/control/reset-faults": self._reset,
        }
        routes = [Route(path, _poster(action), methods=["POST"]) for path, action in posts.items()]
        return Starlette(routes=[Route("/control/state", self._show, methods=["GET"]), *routes])

    async def _show(self, _: Request) -> Response:
        return JSONResponse(
            {
                "pid": os.getpid(),
                "dns": self._dns_control.state(),
                "cloudflare": {
                    **calls_table(self._api.desk),
                    "records": len(self._records.by_id),
                    "dnssec": self._api.dnssec.status.value,
                },
                "rdap": self._rdap.state(),
                "greenlight": self._greenlight.state(),
            }
        )

    def _cloudflare_faults(self, body: bytes) -> None:
        self._api.desk.faults.add(read(body, ApiFault))

    def _set_rdap(self, body: bytes) -> None:
        self._rdap.apply(read(body, RdapWish))

    def _greenlight_faults(self, body: bytes) -> None:
        self._greenlight.apply_faults(msgspec.json.decode(body))

    def _receive(self, body: bytes) -> None:
        self._greenlight.receive(msgspec.json.decode(body))

    def _behind(self, body: bytes) -> None:
        self._greenlight.behind(msgspec.json.decode(body))

    def _read_chain(self, body: bytes) -> None:
        self._greenlight.read_chain(msgspec.json.decode(body))

    def _announce(self, body: bytes) -> None:
        self._greenlight.announce(msgspec.json.decode(body))

    def _cut(self, body: bytes) -> None:
        self._greenlight.cut(msgspec.json.decode(body))

    def _money_faults(self, body: bytes) -> None:
        self._greenlight.set_money_fault(msgspec.json.decode(body))

    def _rate(self, body: bytes) -> None:
        self._greenlight.set_rate(msgspec.json.decode(body))

    def _reset(self, _: bytes) -> None:
        self._dns.faults.clear()
        self._dns.forget()
        self._api.desk.faults.clear()
        self._rdap.reset()
        self._greenlight.reset_faults()

    def _settings(self, body: bytes) -> None:
        wish = read(body, Wishes)
        self._dns_control.set_times(DnsTimes(resolver_lag_s=wish.resolver_lag_s, negative_ttl_s=wish.negative_ttl_s))
        if wish.boot_delay_s is not None:
            self._greenlight.set_boot_delay(wish.boot_delay_s)
        if wish.content_form is not None:
            self._api.desk.form = wish.content_form
        if wish.dnssec_delay_s is not None:
            self._api.dnssec.delay_s = wish.dnssec_delay_s
        if wish.rate_quota is not None:
            self._api.desk.limit = RateLimit(wish.rate_quota, wish.rate_window_s)
        if wish.tokens is not None:
            self._api.tokens = wish.tokens
        self._records.plan.record_quota = _given(wish.record_quota, self._records.plan.record_quota)
        self._records.plan.min_ttl_s = _given(wish.min_ttl_s, self._records.plan.min_ttl_s)


def _given(wanted: int | None, now: int) -> int:
    return now if wanted is None else wanted


def _poster(action: Callable[[bytes], None]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            action(await request.body())
        except (ValueError, msgspec.DecodeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse({"ok": True})

    return endpoint
