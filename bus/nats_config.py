"""The nats-server's configuration, rendered from the tables: accounts, users and permissions, durability, limits.

Holds public keys only. One line a setting: the server's parser needs a newline between two maps.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bus.identities import APP_IDENTITIES, SEC_IDENTITIES
from bus.permissions import Permissions, permissions_of


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """Where one server listens and keeps its data. Ports: -1 takes any free one. `public`: identity -> public nkey.

    With `tls_cert` and `tls_key` (PEM files) clients must speak TLS first (`tls://` URLs).
    """

    store: Path
    public: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = -1
    http_port: int = -1
    ports_dir: Path | None = None
    name: str = "shopstr-mesh"
    tls_cert: Path | None = None
    tls_key: Path | None = None


def render(plan: ServerPlan) -> str:
    """The configuration file's text for `plan`."""
    return (
        "\n".join(
            [*_listening(plan), *_JETSTREAM_HEAD, f"  store_dir: {_text(plan.store)}", *_LIMITS, *_accounts(plan)]
        )
        + "\n"
    )


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
        yield "}"
    if plan.ports_dir:
        yield f"ports_file_dir: {_text(plan.ports_dir)}"


_JETSTREAM_HEAD = ("jetstream {", "  sync_interval: always", "  limits {", "    default_max_consumers: 2000", "  }")

_LIMITS = (
    "}",
    "max_payload: 262144",
    "max_connections: 1024",
    'write_deadline: "5s"',
    'ping_interval: "10s"',
    "trace: false",
    "debug: false",
    "trace_headers: true",
    "max_traced_msg_len: 1",
    "feature_flags {",
    "  js_ack_fc_v2: false",
    "}",
    "system_account: SYS",
)


def _accounts(plan: ServerPlan) -> Iterator[str]:
    yield "accounts {"
    yield "  SYS {"
    yield "    users: []"
    yield "  }"
    yield from _account("APP", True, APP_IDENTITIES, plan.public)
    yield from _account("SEC", False, SEC_IDENTITIES, plan.public)
    yield "}"


def _account(name: str, jetstream: bool, identities: tuple[str, ...], public: Mapping[str, str]) -> Iterator[str]:
    yield f"  {name} {{"
    if jetstream:
        yield "    jetstream: enabled"
    yield "    users: ["
    for identity in identities:
        yield from _user(public[identity], permissions_of(identity))
    yield "    ]"
    yield "  }"


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
