"""Key-value buckets by hand over JetStream: one value a key, compare-and-set on the key's revision, TTL per key.

Made by hand because a stock bucket obeys rollup headers: whoever may write one key could erase all. `get` asks the
leader, so what it says is what a compare-and-set will meet; `entries` may be answered by a follower and is for
looking only (law 5).
"""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
import structlog

from bus.client.connection import Bus
from bus.client.direct import following
from bus.client.js_api import js_request_patiently
from bus.client.publish import Conflict, Stored, publish
from bus.errors import BusRefused, BusUnavailable
from bus.tables.streams import bucket
from schemas.base import UNREADABLE

T = TypeVar("T")

log = structlog.stdlib.get_logger("bus")

NO_MESSAGE = 10037
GONE = 10057
"""JetStream: there is no message to delete, because somebody has."""
NO_STREAM = 10059
PAGE = 512
OPERATION = "KV-Operation"
TOMBSTONE_S = 10.0
_KEY = re.compile(r"[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*")
_PATTERN = re.compile(r"(([A-Za-z0-9_=-]+|\*)\.)*([A-Za-z0-9_=-]+|\*|>)")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A key's value with its revision (the sequence in the bucket) and the server time of writing (unix seconds)."""

    value: T
    revision: int
    at: float


@dataclass(frozen=True, slots=True)
class Raw:
    """What the bucket holds for a key: the bytes, or the tombstone of a deleted value."""

    data: bytes
    revision: int
    at: float
    deleted: bool


class Bucket(Generic[T]):
    """The bucket `name` of `bus.tables.streams.BUCKETS`, holding JSON of `kind`.

    All methods raise BusUnavailable after some seconds without an answer, BusDenied without permission, ValueError
    for a key that is not dot-separated tokens of `[A-Za-z0-9_=-]`, and one of
    `schemas.base.UNREADABLE` for a value that is not a `kind`.
    """

    def __init__(self, bus: Bus, name: str, kind: type[T]) -> None:
        self.bus, self.name = bus, name
        self.spec = bucket(name)
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, data: bytes) -> T:
        """What a stored value says."""
        return self._decoder.decode(data)

    async def get(self, key: str) -> Entry[T] | None:
        """What stands under `key` now, by the leader; None if nothing does."""
        raw = await self.raw(key)
        return None if raw is None or raw.deleted else Entry(self._decoder.decode(raw.data), raw.revision, raw.at)

    async def standing(self, key: str) -> tuple[Entry[T] | None, int]:
        """Like `get`, with the revision that `update` must expect even where nothing stands (0, or a tombstone's)."""
        raw = await self.raw(key)
        if raw is None:
            return None, 0
        entry = None if raw.deleted else Entry(self._decoder.decode(raw.data), raw.revision, raw.at)
        return entry, raw.revision

    async def create(self, key: str, value: T, ttl_s: float | None = None) -> int | None:
        """Write `value` if nothing stands there; the revision, or None if something does. `ttl_s`: at least 1 s."""
        revision = await self._write(key, value, 0, ttl_s)
        if revision is not None:
            return revision
        standing = await self.raw(key)
        if standing is None:
            return await self._write(key, value, 0, ttl_s)
        return await self._write(key, value, standing.revision, ttl_s) if standing.deleted else None

    async def put(self, key: str, value: T, ttl_s: float | None = None) -> int:
        """Write `value` whatever stands there; the revision."""
        revision = await self._write(key, value, None, ttl_s)
        if revision is None:
            raise AssertionError("an unconditional write has no conflict")
        return revision

    async def update(self, key: str, value: T, revision: int, ttl_s: float | None = None) -> int | None:
        """Write `value` if `revision` still stands; the new revision, or None if somebody wrote meanwhile."""
        return await self._write(key, value, revision, ttl_s)

    async def delete(self, key: str, revision: int | None = None) -> bool:
        """Remove `key` (only at `revision`, if given): True when nothing stands there, False if something newer
        does."""
        while True:
            standing = await self.raw(key)
            if standing is None or standing.deleted:
                return True
            if revision is not None and standing.revision != revision:
                return False
            headers = {OPERATION: "DEL", **self._ttl(TOMBSTONE_S if self.spec.ttl else None)}
            match await publish(self.bus, self._subject(key), b"", headers=headers, expect_last=standing.revision):
                case Stored():
                    return True
                case Conflict():
                    continue

    async def erase(self, key: str) -> None:
        """Remove what stands under `key` and overwrite it on disk (on every replica); only in an erasable bucket.

        A cluster's Raft logs hold what was written until their next snapshot: nobody can be asked to erase those.
        """
        if not self.spec.erasable:
            raise ValueError(f"bucket {self.name} erases nothing")
        while (standing := await self.raw(key)) is not None:
            try:
                question = {"seq": standing.revision, "no_erase": False}
                await js_request_patiently(self.bus, f"STREAM.MSG.DELETE.{self.spec.stream}", question)
            except BusRefused as refusal:
                if refusal.code != GONE:
                    raise

    async def entries(self, pattern: str = ">") -> dict[str, Entry[T]]:
        """Every key that matches `pattern` (subject wildcards) with its value; for looking, never for deciding.

        A value that is not a `kind` is left out and logged: one broken key must not hide all others.
        """
        return {key: entry async for key, entry in self.walk(pattern)}

    async def walk(self, pattern: str = ">", after: int = 0) -> AsyncIterator[tuple[str, Entry[T]]]:
        """Like `entries`, one after the other: a bucket need not fit in memory. Only what is newer than `after`."""
        subject = self._pattern(pattern)
        while page := await following(self.bus, self.spec.stream, subject, after, PAGE, None):
            after = page[-1].seq
            for stored in page:
                key = stored.subject.removeprefix(self._prefix)
                if OPERATION not in stored.headers and (value := self._readable(key, stored.data)) is not None:
                    yield key, Entry(value, stored.seq, stored.at)

    async def settled(self, pattern: str) -> dict[str, Entry[T]]:
        """Like `entries`, but by the leader and so never older than an acknowledged write; one request a key."""
        found: dict[str, Entry[T]] = {}
        after, subject = 0, self._pattern(pattern)
        while (next_one := await self._asked({"seq": after + 1, "next_by_subj": subject})) is not None:
            key, kept = next_one
            after = kept.revision
            if not kept.deleted and (value := self._readable(key, kept.data)) is not None:
                found[key] = Entry(value, kept.revision, kept.at)
        return found

    def _readable(self, key: str, data: bytes) -> T | None:
        try:
            return self._decoder.decode(data)
        except UNREADABLE:
            log.error("bucket.undecodable", bucket=self.name, key=key)
            return None

    async def raw(self, key: str) -> Raw | None:
        """What the leader holds for `key`, tombstones included."""
        found = await self._asked({"last_by_subj": self._subject(key)})
        return found[1] if found else None

    async def _asked(self, question: dict[str, object]) -> tuple[str, Raw] | None:
        try:
            answer = await js_request_patiently(self.bus, f"STREAM.MSG.GET.{self.spec.stream}", question)
        except BusRefused as refusal:
            if refusal.code == NO_MESSAGE:
                return None
            if refusal.code == NO_STREAM:  # somebody makes it again, or has yet to make it
                raise BusUnavailable(f"there is no bucket {self.name} at the moment") from None
            raise
        message = msgspec.convert(answer["message"], _StoredMessage)
        return message.subject.removeprefix(self._prefix), _raw(message)

    async def _write(self, key: str, value: T, expected: int | None, ttl_s: float | None) -> int | None:
        body = msgspec.json.encode(value)
        match await publish(self.bus, self._subject(key), body, headers=self._ttl(ttl_s), expect_last=expected):
            case Stored(seq, _):
                return seq
            case Conflict():
                return None

    def _ttl(self, ttl_s: float | None) -> dict[str, str]:
        if ttl_s is None:
            return {}
        if not self.spec.ttl:
            raise ValueError(f"bucket {self.name} keeps its keys: no TTL")
        return {"Nats-TTL": f"{max(1000, int(ttl_s * 1000))}ms"}

    def _subject(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise ValueError("not a key")
        return self._prefix + key

    def _pattern(self, pattern: str) -> str:
        if not _PATTERN.fullmatch(pattern):
            raise ValueError("not a key pattern")
        return self._prefix + pattern

    @property
    def _prefix(self) -> str:
        return f"$KV.{self.name}."


class _StoredMessage(msgspec.Struct, frozen=True):
    subject: str
    seq: int
    time: str
    hdrs: str = ""
    data: str = ""


def _raw(message: _StoredMessage) -> Raw:
    headers = base64.b64decode(message.hdrs)
    deleted = f"{OPERATION}: ".encode() in headers
    at = datetime.fromisoformat(message.time).timestamp()
    return Raw(base64.b64decode(message.data), message.seq, at, deleted)
