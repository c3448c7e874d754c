"""Make the server agree with the table in `bus.tables.streams`: plan what differs, apply it, and never delete data.

Idempotent: what exists and agrees is left alone, what is missing is made, what differs is updated in place, and what
cannot be changed in place is said (`Stuck`), not forced.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.client.spelling import UNCHANGEABLE, Api, consumer_config, stream_config
from bus.errors import BusRefused, BusUnavailable
from bus.tables.streams import BUCKETS, CONSUMERS, STREAMS, all_streams

NOT_FOUND = frozenset({10059, 10014})


@dataclass(frozen=True, slots=True)
class Create:
    """`what` `name` does not exist yet."""

    what: Literal["stream", "consumer"]
    name: str
    config: Api


@dataclass(frozen=True, slots=True)
class Update:
    """`what` `name` differs in `fields`, all of which can be changed in place."""

    what: Literal["stream", "consumer"]
    name: str
    fields: tuple[str, ...]
    config: Api


@dataclass(frozen=True, slots=True)
class Stuck:
    """`what` `name` differs in `fields`, which JetStream cannot change: a human has to decide."""

    what: Literal["stream", "consumer"]
    name: str
    fields: tuple[str, ...]


Change = Create | Update | Stuck


async def plan(bus: Bus) -> list[Change]:
    """What `apply` would do now, streams before their consumers."""
    changes = [await _compare(bus, "stream", name, wanted) for name, wanted in _streams(bus)]
    changes += [await _compare(bus, "consumer", name, wanted) for name, wanted in _consumers(bus)]
    return [change for change in changes if change is not None]


async def apply(bus: Bus, *, patience_s: float = 15) -> list[Change]:
    """Do what `plan` says and return it; `Stuck` ones are returned untouched. Raises BusUnavailable after
    `patience_s`."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            changes = await plan(bus)
            for change in changes:
                if not isinstance(change, Stuck):
                    await _make(bus, change)
            return changes
        except BusUnavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.25)  # the server is starting or electing


async def _make(bus: Bus, change: Create | Update) -> None:
    match change:
        case Create("stream", name, config):
            await js_request(bus, f"STREAM.CREATE.{name}", config)
        case Update("stream", name, _, config):
            await js_request(bus, f"STREAM.UPDATE.{name}", config)
        case Create("consumer", name, config) | Update("consumer", name, _, config):
            stream, durable = name.split("/")
            filtered = config.get("filter_subject")
            subject = f"CONSUMER.CREATE.{stream}.{durable}" + (f".{filtered}" if filtered else "")
            await js_request(bus, subject, {"stream_name": stream, "config": config})


async def _compare(bus: Bus, what: Literal["stream", "consumer"], name: str, wanted: Api) -> Change | None:
    subject = f"STREAM.INFO.{name}" if what == "stream" else f"CONSUMER.INFO.{name.replace('/', '.')}"
    try:
        found = (await js_request(bus, subject))["config"]
    except BusRefused as error:
        if error.code in NOT_FOUND:
            return Create(what, name, wanted)
        raise
    if not isinstance(found, dict):
        raise TypeError("a configuration is an object")
    return _difference(what, name, wanted, found)


def _difference(what: Literal["stream", "consumer"], name: str, wanted: Api, found: Api) -> Change | None:
    fields = tuple(sorted(field for field, value in wanted.items() if found.get(field, _unset(value)) != value))
    frozen = tuple(field for field in fields if field in UNCHANGEABLE[what])
    if frozen:
        return Stuck(what, name, frozen)
    return Update(what, name, fields, {**found, **wanted}) if fields else None


def _unset(value: object) -> object:
    """What a field that the server left out means: false, zero or nothing."""
    return type(value)()


def _streams(bus: Bus) -> Iterator[tuple[str, Api]]:
    for spec in all_streams():
        yield spec.name, stream_config(spec, bus.settings)


def _consumers(bus: Bus) -> Iterator[tuple[str, Api]]:
    for spec in CONSUMERS:
        yield f"{spec.stream}/{spec.name}", consumer_config(spec, bus.settings)


def describe(changes: Sequence[Change]) -> list[str]:
    """One line a change, for people; no values, only names."""
    return [_line(change) for change in changes]


def _line(change: Change) -> str:
    match change:
        case Create(what, name, _):
            return f"create {what} {name}"
        case Update(what, name, fields, _):
            return f"update {what} {name}: {', '.join(fields)}"
        case Stuck(what, name, fields):
            return f"cannot change {what} {name} in place: {', '.join(fields)}"


__all__ = ["BUCKETS", "CONSUMERS", "STREAMS", "Change", "Create", "Stuck", "Update", "apply", "describe", "plan"]
