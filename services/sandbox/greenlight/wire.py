"""What every server here has in common: gRPC options, TLS, and who a caller is by its certificate."""

from dataclasses import dataclass
from typing import Final, TypeVar

import grpc
import grpc.aio

from schemas.greenlight.device import UserName, parse_common_name
from services.sandbox.greenlight.pki import Identity

NOBODY_NAME: Final = "/users/nobody"

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

_MOST_BYTES: Final = 32 << 20
_OPTIONS: Final = (
    # Official clients ping every second, also when idle; the defaults would throw them off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 500),
    ("grpc.max_receive_message_length", _MOST_BYTES),
    ("grpc.max_send_message_length", _MOST_BYTES),
    # Without this a second server could share the port and take half of the calls.
    ("grpc.so_reuseport", 0),
)


@dataclass(frozen=True, slots=True)
class Nobody:
    """The certificate everybody has before they own a node."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A certificate of the right tree that speaks for no user."""

    common_name: str


Caller = UserName | Nobody | Stranger


def new_server() -> grpc.aio.Server:
    """A server with the options that official clients need."""
    return grpc.aio.server(options=_OPTIONS)


def listen(server: grpc.aio.Server, identity: Identity, trusted_pem: bytes, port: int = 0) -> int:
    """Bind `server` on loopback with mutual TLS, trusting only `trusted_pem`; returns the port it got.

    Tries `port` first when it is not 0 and takes any free one if that is in use.
    """
    credentials = grpc.ssl_server_credentials(
        [(identity.key_pem, identity.chain_pem)], root_certificates=trusted_pem, require_client_auth=True
    )
    if port:
        try:
            return server.add_secure_port(f"127.0.0.1:{port}", credentials)
        except RuntimeError:
            return server.add_secure_port("127.0.0.1:0", credentials)
    return server.add_secure_port("127.0.0.1:0", credentials)


def caller_of(context: grpc.aio.ServicerContext[Asked, Answered]) -> Caller:
    """Who calls, by the common name of the client certificate that the handshake verified."""
    names = context.auth_context().get("x509_common_name") or [b""]
    name = next(iter(names)).decode(errors="replace")
    if name == NOBODY_NAME:
        return Nobody()
    return parse_common_name(name) or Stranger(name)
