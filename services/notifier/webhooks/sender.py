"""One attempt: one POST to one checked address, and what came of it as a type, whatever the receiver does.

No redirect is followed (one could lead anywhere: a 3xx is a failed attempt), no proxy, cookie or credential is used,
and of the answer's body at most `DRAIN_BYTES` are read, to be thrown away.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType

import httpcore
import httpx

from schemas.receivers import Receiver, ReceiverProblem, receiver_of
from schemas.settings import SettingError, Settings
from services.notifier.webhooks.course import Answered, End, Unreached, Why
from services.notifier.webhooks.guard import AddressRefused, Guard
from services.notifier.webhooks.resolving import Names, NameUnresolved

DRAIN_BYTES = 64 * 1024
IDLE_CONNECTIONS = 64
IDLE_S = 5.0
MAX_DIGITS = 9


class Sender:
    """Sends to receivers; a context that owns the connections. SettingError if a setting cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self._allow_private = settings.webhooks_allow_private
        self._timeout_s = settings.webhook_timeout_s
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(settings.webhook_ca),
            max_connections=None,  # the lanes bound them
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=Guard(
                Names(settings.webhook_resolvers),
                allow_private=settings.webhooks_allow_private,
                timeout_s=settings.webhook_timeout_s,
            ),
        )

    async def __aenter__(self) -> "Sender":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def send(self, url: str, headers: Mapping[str, str], body: str) -> End:
        """POST `body` to `url`, which is checked again."""
        receiver = receiver_of(url, allow_private=self._allow_private)
        if isinstance(receiver, ReceiverProblem):
            return Unreached("url-refused")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(receiver, headers, body.encode())
        except TimeoutError:
            return Unreached("timeout")
        except NameUnresolved:
            return Unreached("dns")
        except AddressRefused:
            return Unreached("address-refused")
        except (httpcore.TimeoutException, httpcore.ConnectError) as error:
            return Unreached(_why(error))
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            return Unreached("protocol")

    async def _post(self, receiver: Receiver, headers: Mapping[str, str], body: bytes) -> End:
        url = httpcore.URL(scheme=receiver.scheme, host=receiver.host, port=receiver.port, target=receiver.target)
        sent = {
            "host": _host_header(receiver),
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": "shopstr-mesh",
            "accept": "*/*",
            **headers,
        }
        async with self._pool.stream("POST", url, headers=list(sent.items()), content=body) as answer:
            end = Answered(answer.status, retry_after_s(_header(answer, b"retry-after"), time.time()))
            await _drain(answer)
            return end


def retry_after_s(value: str, now: float) -> float | None:
    """Seconds that `Retry-After` (RFC 9110 §10.2.3) asks to wait; None if it does not say."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:MAX_DIGITS])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


async def _drain(answer: httpcore.Response) -> None:
    """Read what is left, so that the connection can be used again; a body that goes on or breaks off is no failure."""
    read = 0
    try:
        async for chunk in answer.aiter_stream():
            read += len(chunk)
            if read > DRAIN_BYTES:
                return
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return


def _header(answer: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in answer.headers if key.lower() == name), "")


def _host_header(receiver: Receiver) -> str:
    usual = {"https": 443, "http": 80}[receiver.scheme]
    host = f"[{receiver.host}]" if ":" in receiver.host else receiver.host
    return host + ("" if receiver.port == usual else f":{receiver.port}")


def _why(error: Exception) -> Why:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return "timeout" if isinstance(error, httpcore.TimeoutException) else "connect"


def _tls(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SettingError("MESH_WEBHOOK_CA", f"the file cannot be used ({error.strerror})") from None
