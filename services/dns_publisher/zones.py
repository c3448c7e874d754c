"""Which provider zone a name belongs to: by the longest configured domain, the id asked for once and then kept."""

from dataclasses import dataclass, field

from services.dns_publisher.provider.call import Refused, Unknown
from services.dns_publisher.provider.client import Provider
from services.dns_publisher.provider.find_zone import find_zone
from services.dns_publisher.provider.meanings import Meaning


@dataclass(frozen=True, slots=True)
class ZoneRef:
    """A zone at the provider: its name without final dot, and its id."""

    name: str
    zone_id: str


@dataclass(slots=True)
class Zones:
    """Zones of the configured `domains`."""

    provider: Provider
    domains: tuple[str, ...]
    _known: dict[str, ZoneRef] = field(default_factory=dict)

    async def of(self, name: str) -> ZoneRef | Refused | Unknown:
        """The zone that holds `name` (no final dot)."""
        domain = domain_of(name, self.domains)
        if domain is None:
            return Refused(Meaning.INVALID, "the name is in none of the configured domains")
        if domain not in self._known:
            found = await self._find(domain)
            if not isinstance(found, ZoneRef):
                return found
            self._known[domain] = found
        return self._known[domain]

    def forget(self) -> None:
        """Ask again next time: the provider no longer knows an id we kept."""
        self._known.clear()

    async def _find(self, domain: str) -> ZoneRef | Refused | Unknown:
        """The zone called `domain`, or the nearest above it."""
        labels = domain.split(".")
        for start in range(max(1, len(labels) - 1)):
            candidate = ".".join(labels[start:])
            found = await find_zone(self.provider, candidate)
            if isinstance(found, str):
                return ZoneRef(candidate, found)
            if found is not None:
                return found
        return Refused(Meaning.ZONE, f"the account has no zone for {domain}")


def domain_of(name: str, domains: tuple[str, ...]) -> str | None:
    """The longest of `domains` that `name` lies in."""
    fitting = (domain for domain in domains if name == domain or name.endswith("." + domain))
    return max(fitting, key=len, default=None)
