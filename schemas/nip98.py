"""NIP-98: who is asking, proven by a signed event in the `Authorization` header. Pure: no clock, no store, no network.

`verify` answers with the event or with one problem of `schemas.problems`; it never raises, whatever the header holds.
It does not remember: the caller must refuse an event id it has seen within twice the window (`auth-replayed`).
Stricter than the NIP, on purpose: the URL is the caller's configured one, `payload` is needed whenever there is a body,
and an event that says `u`, `method` or `payload` twice is refused, since two readers could believe different ones.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Annotated

import msgspec
from coincurve import PrivateKey, PublicKeyXOnly
from msgspec import Meta

KIND = 27235
MAX_HEADER_CHARS = 8192

_Hex32 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Hex64 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]


class _Event(msgspec.Struct, frozen=True):
    """NIP-01's event, as far as it is needed to know its id."""

    id: _Hex32
    pubkey: _Hex32
    created_at: Annotated[int, Meta(ge=0, lt=1 << 53)]
    kind: Annotated[int, Meta(ge=0, le=65535)]
    tags: list[list[str]]
    content: str
    sig: _Hex64


@dataclass(frozen=True, slots=True)
class Nip98Event:
    """A proven event: `pubkey` (x-only, 64 lower-case hex) signed for this request. `id` goes to the replay store."""

    id: str
    pubkey: str
    created_at: int
    url: str
    method: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class Nip98Problem:
    """Why the header proves nothing: a code of `schemas.problems` and words for the developer of the client."""

    code: str
    detail: str


_EVENT = msgspec.json.Decoder(_Event)
_ONCE = ("u", "method", "payload")


def verify(
    header: str | None, *, url: str, method: str, body: bytes, now: float, window_s: float
) -> Nip98Event | Nip98Problem:
    """Whether `header` proves who sent this request (NIP-98).

    `url` is the canonical URL with path and query, `method` in upper case, `body` the raw bytes as received, `now` unix
    seconds, `window_s` how far the event's clock may be off either way.
    """
    event = _read(header)
    if isinstance(event, Nip98Problem):
        return event
    tags = _claims(event)
    if isinstance(tags, Nip98Problem):
        return tags
    problem = (
        _kind_problem(event)
        or _time_problem(event, now, window_s)
        or _target_problem(tags, url, method)
        or _payload_problem(tags, body)
        or _signature_problem(event)
    )
    return problem or Nip98Event(event.id, event.pubkey, event.created_at, url, method, tags.get("payload"))


def sign(
    private_key: bytes, *, url: str, method: str, body: bytes = b"", created_at: int, nonce: str | None = None
) -> str:
    """The header value by which the holder of `private_key` (32 bytes) asks for this request.

    `nonce` keeps two equal requests within one second apart. Raises ValueError if the key is not a valid secret.
    """
    key = PrivateKey(private_key)
    tags = [["u", url], ["method", method]]
    if body:
        tags.append(["payload", hashlib.sha256(body).hexdigest()])
    if nonce is not None:
        tags.append(["nonce", nonce])
    pubkey = key.public_key_xonly.format().hex()
    event_id = hashlib.sha256(_preimage(pubkey, created_at, KIND, tags, "")).digest()
    event = _Event(event_id.hex(), pubkey, created_at, KIND, tags, "", key.sign_schnorr(event_id).hex())
    return "Nostr " + base64.b64encode(msgspec.json.encode(event)).decode()


def _read(header: str | None) -> _Event | Nip98Problem:
    """The event inside a header, of the right shape but not yet believed."""
    if not header:
        return Nip98Problem("auth-missing", "there is no Authorization header")
    if len(header) > MAX_HEADER_CHARS:
        return Nip98Problem("auth-malformed", f"the header is longer than {MAX_HEADER_CHARS} characters")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "nostr":
        return Nip98Problem("auth-malformed", "the scheme is not Nostr")
    try:
        return _EVENT.decode(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return Nip98Problem("auth-malformed", "not base64 (standard alphabet, padded) of an event in JSON")
    except RecursionError:
        return Nip98Problem("auth-malformed", "the event is nested too deeply")


def _claims(event: _Event) -> dict[str, str] | Nip98Problem:
    """The tags that say what the event is for; each at most once."""
    found: dict[str, str] = {}
    for tag in event.tags:
        name = tag[0] if tag else ""
        if name not in _ONCE:
            continue
        if name in found or len(tag) < 2:
            return Nip98Problem("auth-malformed", f"the event must have one {name} tag, with a value")
        found[name] = tag[1]
    return found


def _kind_problem(event: _Event) -> Nip98Problem | None:
    if event.kind == KIND:
        return None
    return Nip98Problem("auth-wrong-kind", f"kind is {event.kind}, not {KIND}")


def _time_problem(event: _Event, now: float, window_s: float) -> Nip98Problem | None:
    off = event.created_at - now
    if abs(off) <= window_s:
        return None
    return Nip98Problem("auth-wrong-time", f"created_at is {off:+.0f} s off our clock; {window_s:g} s are allowed")


def _target_problem(tags: dict[str, str], url: str, method: str) -> Nip98Problem | None:
    if tags.get("u") != url:
        return Nip98Problem("auth-wrong-url", f"the u tag must be exactly {url}")
    if tags.get("method") != method:
        return Nip98Problem("auth-wrong-method", f"the method tag must be exactly {method}")
    return None


def _payload_problem(tags: dict[str, str], body: bytes) -> Nip98Problem | None:
    payload = tags.get("payload")
    if payload is None:
        return Nip98Problem("auth-wrong-payload", "a payload tag is needed, for there is a body") if body else None
    if hmac.compare_digest(payload.encode(), hashlib.sha256(body).hexdigest().encode()):
        return None
    return Nip98Problem("auth-wrong-payload", "the payload tag is not the lower-case hex SHA-256 of the body")


def _signature_problem(event: _Event) -> Nip98Problem | None:
    digest = hashlib.sha256(_preimage(event.pubkey, event.created_at, event.kind, event.tags, event.content)).digest()
    if digest.hex() != event.id:
        return Nip98Problem("auth-bad-signature", "the id is not the hash of the event")
    try:
        key = PublicKeyXOnly(bytes.fromhex(event.pubkey))
    except ValueError:
        return Nip98Problem("auth-bad-signature", "the public key is not on the curve")
    if key.verify(bytes.fromhex(event.sig), digest):
        return None
    return Nip98Problem("auth-bad-signature", "the signature does not hold")


def _preimage(pubkey: str, created_at: int, kind: int, tags: list[list[str]], content: str) -> bytes:
    """What the id hashes (NIP-01): no spaces, UTF-8 as it is, only quotes, backslash and control characters escaped."""
    fields = [0, pubkey, created_at, kind, tags, content]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
