"""One JetStream API request, raw: nats-py's own helpers hide error numbers and drop fields they do not know."""

import asyncio
import json
from typing import Any

from nats import errors as nats_errors

from bus.client.connection import Bus
from bus.errors import BusDenied, BusRefused, BusUnavailable

TOO_LARGE = 10054
"""JetStream's number for a message larger than its stream takes; ours too for one larger than the server takes."""


async def js_request(bus: Bus, subject: str, body: object = None, *, timeout_s: float = 5) -> dict[str, object]:
    """Ask `$JS.API.<subject>`; the answer as an object.

    Raises BusRefused with JetStream's error number, BusUnavailable when nobody answered, BusDenied without permission.
    """
    subject = f"$JS.API.{subject}"
    payload = b"" if body is None else json.dumps(body).encode()
    answer: dict[str, object] = json.loads(await core_request(bus, subject, payload, timeout_s=timeout_s))
    error = answer.get("error")
    if isinstance(error, dict):
        if error.get("code") == 503:
            raise BusUnavailable(str(error.get("description", "unavailable")))
        raise BusRefused(int(error.get("err_code", 0)), str(error.get("description", "refused")))
    return answer


async def core_request(
    bus: Bus, subject: str, payload: bytes, *, timeout_s: float, headers: dict[str, str] | None = None
) -> bytes:
    """One core request; the answer's payload. Raises BusUnavailable (the outcome is unknown), BusDenied, or BusRefused
    for a payload that no server would take.

    Does not sit out `timeout_s` when the connection was lost meanwhile or the subject is forbidden.
    """
    with bus.interruption(subject) as interrupted:
        asking = asyncio.ensure_future(bus.nc.request(subject, payload, timeout=timeout_s, headers=headers))
        try:
            either: tuple[asyncio.Future[Any], ...] = (asking, interrupted)
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return bytes(asking.result().data)
        except nats_errors.MaxPayloadError:
            raise BusRefused(TOO_LARGE, "message size exceeds maximum allowed") from None  # it was never sent
        except (nats_errors.Error, OSError) as error:
            reason = type(error).__name__
        else:
            reason = "interrupted"
        finally:
            asking.cancel()
    if bus.was_denied(subject):
        raise BusDenied(f"{bus.identity} may not publish to {subject}")
    raise BusUnavailable(f"no answer on {subject}: {reason}")


async def js_request_patiently(
    bus: Bus, subject: str, body: object = None, *, patience_s: float = 8
) -> dict[str, object]:
    """Like `js_request`, for questions that may be asked again: repeats while nobody answers, up to `patience_s`."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + patience_s, 0.05
    while True:
        try:
            return await js_request(bus, subject, body, timeout_s=2)
        except BusUnavailable:
            if loop.time() + pause > deadline:
                raise
        await asyncio.sleep(pause)
        pause = min(0.5, pause * 2)
