"""The nats-server's configuration, rendered from the tables: accounts, users and permissions, durability, limits.

Holds public keys only; what proves a server to its cluster is in a file of its own. One line a setting: the server's
parser needs a newline between two maps. Payloads and headers never reach the server's log, even if somebody starts it
with `-DVV` (`max_traced_msg_len`); subjects then do.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bus.secrets.keys import PublicKeys
from bus.tables.accounts import SYS, Account, accounts
from bus.tables.identities import SYS_IDENTITIES
from bus.tables.permissions import Permissions, permissions_of

ROUTES = "routes.conf"
"""The included file, beside the configuration, with the routes and their secret."""


@dataclass(frozen=True, slots=True)
class Member:
    """A server's place in a cluster on loopback: its own route port, everybody's, and the secret they share."""

    port: int
    routes: tuple[int, ...]
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Routes:
    """A production server's place in a cluster: where it takes routes, the others (`host:port`), the PEM of the CA.

    Servers prove themselves to each other by the certificate of `ServerPlan`, signed by that CA, both ways.
    """

    host: str
    port: int
    others: tuple[str, ...]
    ca: Path


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """Where one server listens and keeps its data. Ports: -1 takes any free one. `public`: identity -> its public nkeys
    (two while a key is rotated: both are the same user).

    With `tls_cert` and `tls_key` (PEM files) clients must speak TLS first (`tls://` URLs); `routes` needs both.
    `member`: an embedded one, includes what `render_routes` gives from the file `ROUTES`.
    """

    store: Path
    public: PublicKeys
    host: str = "127.0.0.1"
    port: int = -1
    http_port: int = -1
    ports_dir: Path | None = None
    name: str = "nats-server"
    tls_cert: Path | None = None
    tls_key: Path | None = None
    member: bool = False
    routes: Routes | None = None


def render(plan: ServerPlan) -> str:
    """The configuration file's text for `plan`; the accounts come last (see `with_accounts`)."""
    head = [*_listening(plan), *_JETSTREAM_HEAD, f"  store_dir: {_text(plan.store)}", *_LIMITS]
    return "\n".join([*head, *_accounts(plan.public)]) + "\n"


def with_accounts(config: str, public: PublicKeys) -> str:
    """`config`, a text of `render`, with the accounts as the tables and `public` have them now.

    Nothing else changes. ValueError if it is not a text of `render`.
    """
    head, found, _ = config.partition(f"\n{_ACCOUNTS}\n")
    if not found:
        raise ValueError("not a configuration of ours")
    return "\n".join([head, *_accounts(public)]) + "\n"


def render_routes(member: Member) -> str:
    """The text of `ROUTES`: to be readable by its owner only."""
    routes = [f"nats-route://{_ROUTE_USER}:{member.secret}@127.0.0.1:{port}" for port in member.routes]
    lines = (
        "cluster {",
        "  name: mesh",
        "  host: 127.0.0.1",
        f"  port: {member.port}",
        "  authorization {",
        f"    user: {_ROUTE_USER}",
        f"    password: {_text(member.secret)}",
        "  }",
        f"  routes: {json.dumps(routes)}",
        "}",
    )
    return "\n".join(lines) + "\n"


def _listening(plan: ServerPlan) -> Iterator[str]:
    yield f"server_name: {_text(plan.name)}"
    yield f"host: {_text(plan.host)}"
    yield f"port: {plan.port}"
    yield f"http: {_text(f'127.0.0.1:{plan.http_port}')}"
    if plan.tls_cert and plan.tls_key:
        yield "tls {"
        yield f"  cert_file: {_text(plan.tls_cert)}"
        yield f"  key_file: {_text(plan.tls_key)}"
        yield "  handshake_first: true"
        yield '  min_version: "1.3"'
        yield "}"
    if plan.ports_dir:
        yield f"ports_file_dir: {_text(plan.ports_dir)}"
    if plan.member:
        yield f"include {_text(ROUTES)}"
    if plan.routes:
        yield from _cluster(plan, plan.routes)


def _cluster(plan: ServerPlan, routes: Routes) -> Iterator[str]:
    yield "cluster {"
    yield "  name: mesh"
    yield f"  host: {_text(routes.host)}"
    yield f"  port: {routes.port}"
    yield "  tls {"
    yield f"    cert_file: {_text(plan.tls_cert)}"
    yield f"    key_file: {_text(plan.tls_key)}"
    yield f"    ca_file: {_text(routes.ca)}"
    yield "    verify: true"
    yield "  }"
    yield f"  routes: {json.dumps([f'nats-route://{other}' for other in routes.others])}"
    yield "}"


_ROUTE_USER = "server"

_JETSTREAM_HEAD = ("jetstream {", "  sync_interval: always", "  limits {", "    default_max_consumers: 2000", "  }")

ANSWERS_WITHIN_S = 60
"""How long the server remembers whom to give more answers; a pull request asks for at most 20 s."""
MAX_CONNECTIONS = 1024
MAX_SUBSCRIPTIONS = 65536
"""Of one connection. The server's file format has no such limit for an account."""

_LIMITS = (
    "}",
    "max_payload: 262144",
    f"max_connections: {MAX_CONNECTIONS}",
    f"max_subscriptions: {MAX_SUBSCRIPTIONS}",
    'write_deadline: "5s"',
    'ping_interval: "10s"',
    'lame_duck_duration: "30s"',
    'lame_duck_grace_period: "1s"',
    "trace: false",
    "debug: false",
    "max_traced_msg_len: 1",
    "feature_flags {",
    "  js_ack_fc_v2: false",
    "}",
    "system_account: SYS",
)


_ACCOUNTS = "accounts {"


def _accounts(public: PublicKeys) -> Iterator[str]:
    yield _ACCOUNTS
    yield from _account(Account(SYS, SYS_IDENTITIES), public)
    for account in accounts():
        yield from _account(account, public)
    yield "}"


def _account(account: Account, public: PublicKeys) -> Iterator[str]:
    yield f"  {account.name} {{"
    if account.jetstream:
        yield "    jetstream: enabled"
    yield from _block("exports", _exports(account))
    yield from _block("imports", _imports(account))
    yield "    users: ["
    for identity in account.identities:
        for key in public[identity]:
            yield from _user(key, permissions_of(identity))
    yield "    ]"
    yield "  }"


def _block(name: str, rows: Iterator[str]) -> Iterator[str]:
    yield f"    {name}: ["
    yield from (f"      {row}" for row in rows)
    yield "    ]"


def _exports(account: Account) -> Iterator[str]:
    for offer in account.services:
        answers = f'Stream, response_threshold: "{ANSWERS_WITHIN_S}s"' if offer.many else "Singleton"
        yield f"{{service: {_text(offer.subject)}, response_type: {answers}, accounts: {_list(offer.users)}}}"
    for offer in account.streams:
        yield f"{{stream: {_text(offer.subject)}, accounts: {_list(offer.users)}}}"


def _imports(account: Account) -> Iterator[str]:
    for kind, taken in (("service", account.asks), ("stream", account.hears)):
        for take in taken:
            yield f"{{{kind}: {{account: {_text(take.owner)}, subject: {_text(take.subject)}}}}}"


def _user(public_nkey: str, allowed: Permissions) -> Iterator[str]:
    yield "      {"
    yield f"        nkey: {public_nkey}"
    yield "        permissions {"
    yield f"          publish {{ allow: {_list(allowed.publish)} }}"
    yield f"          subscribe {{ allow: {_list(allowed.subscribe)} }}"
    if allowed.answers:
        yield "          allow_responses {"
        yield "            max: 1"
        yield '            expires: "30s"'
        yield "          }"
    yield "        }"
    yield "      }"


def _list(subjects: tuple[str, ...]) -> str:
    return json.dumps(list(subjects))


def _text(value: object) -> str:
    return json.dumps(str(value))
