"""A bus of one server becomes a cluster: everything it held, with the sequences that clients remember.

A clustered server does not take a single server's streams over: it ignores them, and deletes them as orphans once a
stream of that name is made (measured on 2.15.1). So the single server is started once more beside the cluster, nobody
else being there, and each stream is copied, compared, and only then is the folder marked. Failure modes: a crash
anywhere before the mark (the single store is still the bus; every copy is made anew), a crash after it (the cluster is
the bus), a copy that differs (CopyFailed, nothing is marked).
"""

from dataclasses import dataclass

import msgspec
import structlog

from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.errors import CopyFailed
from bus.servers.cluster import EmbeddedCluster
from bus.servers.comparing import differences
from bus.servers.copying import copy_stream, remove_stream
from bus.servers.embedded import embedded_server
from bus.servers.layout import Layout, become_cluster, layout_of
from schemas.settings import Settings

ATTEMPTS = 3

log = structlog.stdlib.get_logger("bus.growing")


@dataclass(frozen=True, slots=True)
class Moved:
    """A stream that stands in the cluster as it stood in the single server."""

    stream: str
    last_seq: int


async def grow(cluster: EmbeddedCluster, replicas: int) -> tuple[Moved, ...]:
    """Bring what the single server of the folder held into the running `cluster`; empty if there was nothing to.

    Nobody may work on either meanwhile. Raises CopyFailed or another BusError; it may be repeated.
    """
    moved: tuple[Moved, ...] = ()
    if layout_of(cluster.folder) is Layout.SINGLE:
        moved = await _move_all(cluster, replicas)
        await cluster.restart()  # a restored stream knows no message id before its servers read it again
    become_cluster(cluster.folder)
    return moved


async def _move_all(cluster: EmbeddedCluster, replicas: int) -> tuple[Moved, ...]:
    async with embedded_server(cluster.folder, port=-1) as single:
        keys = str(cluster.keys_dir)
        source = await connect(Settings(nats_url=single.url, nats_keys_dir=keys), "topology")
        try:
            target = await connect(Settings(nats_url=cluster.url, nats_keys_dir=keys), "topology")
            try:
                return tuple([await _move(source, target, name, replicas) for name in await _streams(source)])
            finally:
                await target.close()
        finally:
            await source.close()


async def _move(source: Bus, target: Bus, stream: str, replicas: int) -> Moved:
    wrong: list[str] = []
    for _ in range(ATTEMPTS):
        await remove_stream(target, stream)
        copied = await copy_stream(source, target, stream, replicas)
        wrong = await differences(source, target, stream, copied)
        if not wrong:
            log.info("bus.stream.moved", stream=stream, last_seq=copied)
            return Moved(stream, copied)
    raise CopyFailed(f"the copy is not the original: {'; '.join(wrong[:5])}")


async def _streams(bus: Bus) -> list[str]:
    return msgspec.convert((await js_request(bus, "STREAM.NAMES"))["streams"] or [], list[str])
