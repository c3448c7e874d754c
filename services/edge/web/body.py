"""A request's body: read with a hard cap before anything looks at it, decoded strictly."""

import asyncio
import re
from typing import TypeVar

import msgspec
from starlette.requests import Request

from services.edge.web.fields import IN_WORDS
from services.edge.web.refusal import Refusal

T = TypeVar("T")

READ_WITHIN_S = 15.0

_VALUE = re.compile(r"value ['\"].*['\"]", re.DOTALL)
"""How msgspec repeats a value it refuses (fields stand in backticks); it may be a secret in the wrong place."""


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The raw body; Refusal `body-too-large` as soon as that is known, `request-timeout` for a trickle."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 15 or int(declared) > max_bytes):
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise Refusal("request-timeout", f"the body did not arrive within {READ_WITHIN_S:g} s") from None
    return bytes(body)


def require_json(request: Request) -> None:
    """Refusal `unsupported-media-type` unless the body says it is JSON in UTF-8."""
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charsets = [p.strip().removeprefix("charset=").strip('"') for p in parameters if p.strip().startswith("charset=")]
    if media_type.strip() != "application/json" or any(charset != "utf-8" for charset in charsets):
        raise Refusal("unsupported-media-type")


def decode_body(body: bytes, kind: type[T]) -> T:
    """`body` as `kind`; Refusal `malformed-json` (no JSON in UTF-8) or `invalid-body` (naming the field)."""
    try:
        body.decode()
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refusal("invalid-body", _in_words(_VALUE.sub("value", str(error)))) from None
    except UnicodeDecodeError as error:
        raise Refusal("malformed-json", f"byte {error.start} is not UTF-8") from None
    except (msgspec.DecodeError, RecursionError):
        raise Refusal("malformed-json") from None


def _in_words(rule: str) -> str:
    """What msgspec says of a broken rule, with words for the patterns that have some."""
    for pattern, words in IN_WORDS.items():
        rule = rule.replace(f"`str` matching regex {pattern!r}", words)
    return rule


def _too_large(max_bytes: int) -> Refusal:
    return Refusal("body-too-large", f"we accept {max_bytes} bytes")
