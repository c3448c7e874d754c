"""What an edge shows of itself beside its requests: how fresh its mirrors are, how its connections do, who listens."""

from collections.abc import Iterator
from typing import TypeVar

from bus.buckets.mirror import Mirror
from bus.client.connection import Bus
from services.edge.gauges.metrics import Gauge
from services.edge.streams.hub import Hub

T = TypeVar("T")


def of_mirror(mirror: Mirror[T]) -> Iterator[Gauge]:
    """Whether `mirror` can be trusted, and how much it holds."""
    labels = {"bucket": mirror.bucket.name}
    yield Gauge("mesh_mirror_age_seconds", "Since the bucket was last heard of", lambda: mirror.age_s, labels)
    yield Gauge("mesh_mirror_suspect", "1 while reads go to the leader", lambda: float(mirror.suspect), labels)
    yield Gauge("mesh_mirror_entries", "Keys held", lambda: float(len(mirror)), labels)
    yield Gauge("mesh_mirror_revision", "Newest sequence held", lambda: float(mirror.applied), labels)
    rebuilds = "Times the mirror had to start over"
    yield Gauge("mesh_mirror_rebuilds", rebuilds, lambda: float(mirror.rebuilds), labels, "counter")


def of_bus(bus: Bus) -> Iterator[Gauge]:
    """How the connection does."""
    labels = {"identity": bus.identity}
    yield Gauge("mesh_bus_connected", "1 while the socket is up", lambda: float(bus.connected), labels)
    yield Gauge("mesh_bus_reconnects", "Times the connection came back", lambda: bus.reconnects, labels, "counter")
    yield Gauge("mesh_bus_errors", "Errors that server or client reported", lambda: bus.errors, labels, "counter")
    denials = "Permission violations (at most a thousand are remembered)"
    yield Gauge("mesh_bus_denials", denials, lambda: len(bus.denials), labels, "counter")


def of_hub(hub: Hub) -> Iterator[Gauge]:
    """Who listens."""
    yield Gauge("mesh_open_outlets", "Sockets and streams that are fed here", lambda: float(hub.outlets))
    yield Gauge("mesh_open_owners", "Owners with a socket or stream here", lambda: float(hub.owners))
