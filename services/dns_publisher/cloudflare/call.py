"""One API call and what came of it, as a type: done, refused with a meaning, or unknown (no answer, a 5xx, HTML).

Read from the raw envelope, because the SDK gives None for `success: false` with status 200.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import httpx
import msgspec
from cloudflare import APIError as SdkError
from cloudflare import APIStatusError, AsyncCloudflare

from schemas.base import Wire
from services.dns_publisher.cloudflare.client import Cloudflare
from services.dns_publisher.cloudflare.meanings import meaning_of
from services.dns_publisher.provider.answers import Accepted, Answer, Meaning, Refused, Unknown

LONGEST_WAIT_S = 3600.0
ACCOUNT = "cloudflare"
"""Under which replicas tell each other that we are to wait."""

T = TypeVar("T")


class ApiError(Wire, frozen=True, kw_only=True, rename=None):
    """One error of the envelope; the real cause of a 1004 is in its chain."""

    code: int = 0
    message: str = ""
    error_chain: tuple["ApiError", ...] = ()


class ResultInfo(Wire, frozen=True, kw_only=True, rename=None):
    """What a list says of itself."""

    total_count: int | None = None


class Envelope(Wire, frozen=True, kw_only=True, rename=None):
    """The envelope of every answer; `result` is left raw until `success` is known."""

    success: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    errors: tuple[ApiError, ...] = ()
    result_info: ResultInfo | None = None


@dataclass(frozen=True, slots=True)
class Ok:
    """It was done; `result` is JSON. Of a list `total` is how long all of it is, if the answer says so."""

    result: bytes
    total: int | None = None


Reply = Ok | Refused | Unknown


class RawResponse(Protocol):
    """A raw response of the SDK, whatever it would be parsed to."""

    @property
    def http_response(self) -> httpx.Response:
        """The HTTP answer, read whole."""
        ...


Send = Callable[[AsyncCloudflare], Awaitable[RawResponse]]


async def call(cloudflare: Cloudflare, send: Send) -> Reply:
    """What came of `send`, which makes one request with the client it is given, through the SDK's raw responses.

    A token that is not accepted did nothing, so the other one, if there is one, may ask the same.
    """
    client = cloudflare.client
    reply = await _once(cloudflare, lambda: send(client))
    if not isinstance(reply, Refused) or reply.meaning is not Meaning.CREDENTIALS:
        return reply
    other = cloudflare.tokens.instead(client)
    return reply if other is None else await _once(cloudflare, lambda: send(other))


async def _once(cloudflare: Cloudflare, send: Callable[[], Awaitable[RawResponse]]) -> Reply:
    wait_s = cloudflare.limiter.wait_s() or await cloudflare.limits.closed_for_s(ACCOUNT)
    if wait_s > 0:
        return Refused(Meaning.LIMITED, "we hold back until the provider's window ends", wait_s)
    response = await _answer(send, cloudflare.deadline_s)
    if isinstance(response, Unknown):
        return response
    reply = read(response.status_code, response.headers, response.content)
    asked_s = reply.retry_after_s if isinstance(reply, Refused) else None
    closed_s = cloudflare.limiter.learn(response.headers, asked_s)
    if closed_s > 0:
        await cloudflare.limits.close(ACCOUNT, closed_s)
    return reply


async def _answer(send: Callable[[], Awaitable[RawResponse]], deadline_s: float) -> httpx.Response | Unknown:
    """The HTTP answer, whatever its status. The SDK's own timeout is per read, so that a trickle would never end."""
    try:
        async with asyncio.timeout(deadline_s):
            return (await send()).http_response
    except APIStatusError as error:
        return error.response
    except (SdkError, TimeoutError) as error:
        return Unknown(f"no answer ({type(error).__name__})")


def read(status: int, headers: httpx.Headers, content: bytes) -> Reply:
    """What an HTTP answer means."""
    if status >= 500:
        return Unknown(f"status {status}")
    try:
        envelope = msgspec.json.decode(content, type=Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        envelope = None
    if envelope is not None and envelope.success and status < 400:
        info = envelope.result_info
        return Ok(bytes(envelope.result), None if info is None else info.total_count)
    errors = [] if envelope is None else _flat(envelope.errors)
    if envelope is None and status != 429:
        return Unknown(f"status {status} without an envelope")
    meaning = meaning_of(status, errors)
    detail = "; ".join(f"{code} {message}" for code, message in errors) or f"status {status}"
    return Refused(meaning, detail[:300], _retry_after_s(headers) if meaning is Meaning.LIMITED else None)


def decoded(reply: Ok, kind: type[T]) -> T | Unknown:
    """The result as `kind`; Unknown if it is something else."""
    try:
        return msgspec.json.decode(reply.result, type=kind)
    except msgspec.DecodeError:
        return Unknown("an answer of another shape than documented")


def changed(reply: Reply) -> Answer:
    """The reply to a change, as the interface gives it."""
    return Accepted() if isinstance(reply, Ok) else reply


def _flat(errors: tuple[ApiError, ...]) -> list[tuple[int, str]]:
    """Every error with the causes in its chain, causes first: they say more."""
    return [pair for error in errors for pair in (*_flat(error.error_chain), (error.code, error.message))]


def _retry_after_s(headers: httpx.Headers) -> float:
    text = headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_S) if text.isdigit() else 60.0
