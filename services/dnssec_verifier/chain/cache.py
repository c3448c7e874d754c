"""Proven zones, kept no longer than the lowest TTL in their chain: a cache that only saves questions, never decides."""

from collections import OrderedDict

import dns.name

from services.dnssec_verifier.chain.zone import Zone


class ZoneCache:
    """At most `size` zones, the least recently used forgotten first."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._zones: OrderedDict[dns.name.Name, Zone] = OrderedDict()

    def deepest(self, name: dns.name.Name, now: float) -> Zone | None:
        """The deepest zone kept that `name` lies in."""
        for depth in range(len(name), 0, -1):
            zone = self._zones.get(name.split(depth)[1])
            if zone is not None and zone.expires_at > now:
                self._zones.move_to_end(zone.name)
                return zone
        return None

    def keep(self, zone: Zone) -> None:
        """Remember `zone`."""
        self._zones[zone.name] = zone
        self._zones.move_to_end(zone.name)
        while len(self._zones) > self._size:
            self._zones.popitem(last=False)

    def forget(self, name: dns.name.Name) -> None:
        """Drop every zone that `name` lies in."""
        for depth in range(len(name) + 1):
            self._zones.pop(name.split(depth)[1], None)
