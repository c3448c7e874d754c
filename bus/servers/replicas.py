"""Who holds the copies of a stream: which server leads it, and which replicas are not up to date.

What is said here is true for a moment only: a leader may die before the answer is read. Nothing is decided on it but
whom to restart, and when.
"""

from collections.abc import Iterator

import msgspec
from msgspec import convert

from bus.client.connection import Bus
from bus.client.js_api import js_request_patiently


class _Peer(msgspec.Struct, frozen=True):
    name: str
    current: bool = False
    offline: bool = False


class _Cluster(msgspec.Struct, frozen=True):
    leader: str = ""
    replicas: tuple[_Peer, ...] = ()


class _Config(msgspec.Struct, frozen=True):
    num_replicas: int = 1


class _Info(msgspec.Struct, frozen=True):
    config: _Config
    cluster: _Cluster | None = None
    """None: of a server that is no member of a cluster."""


class _Consumer(_Info, frozen=True, kw_only=True):
    name: str


async def leader_of(bus: Bus, stream: str) -> str:
    """The name of the server that leads `stream`; empty while nobody does. BusUnavailable if nobody can say."""
    cluster = (await _info(bus, stream)).cluster
    return cluster.leader if cluster else ""


async def behind(bus: Bus) -> list[str]:
    """What keeps the bus from being whole, a line each: a stream or durable without a leader, a replica not current."""
    names = convert((await js_request_patiently(bus, "STREAM.NAMES"))["streams"] or [], list[str])
    return [line for name in names for line in await _behind_in(bus, name)]


async def _behind_in(bus: Bus, stream: str) -> list[str]:
    found = list(_lacks(stream, await _info(bus, stream)))
    listed = (await js_request_patiently(bus, f"CONSUMER.LIST.{stream}"))["consumers"] or []
    for consumer in convert(listed, tuple[_Consumer, ...]):
        found += _lacks(f"{stream}/{consumer.name}", consumer)
    return found


def _lacks(name: str, info: _Info) -> Iterator[str]:
    cluster = info.cluster
    if cluster is None:
        return
    if not cluster.leader:
        yield f"{name} has no leader"
    yield from (f"{name} is behind on {peer.name}" for peer in cluster.replicas if peer.offline or not peer.current)
    if len(cluster.replicas) < info.config.num_replicas - 1:
        yield f"{name} has {len(cluster.replicas) + 1} replicas of {info.config.num_replicas}"


async def _info(bus: Bus, stream: str) -> _Info:
    return convert(await js_request_patiently(bus, f"STREAM.INFO.{stream}"), _Info)
