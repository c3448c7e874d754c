"""The routing table: which zone, at which publisher, a name belongs to.

The longest configured domain decides; its zone is asked for once and then kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.provider.publisher import Publisher, Zone
from services.dns_publisher.records.reconcile import Present


@dataclass(slots=True)
class Zones:
    """Each configured domain with its publisher."""

    routes: Mapping[str, Publisher]
    _known: dict[str, Zone] = field(default_factory=dict)

    async def of(self, name: str) -> Zone | Refused | Unknown:
        """The zone that holds `name` (no final dot)."""
        domain = domain_of(name, self.domains)
        if domain is None:
            return Refused(Meaning.INVALID, "the name is in none of the configured domains")
        if domain not in self._known:
            found = await self.routes[domain].zone(domain)
            if isinstance(found, Refused | Unknown):
                return found
            self._known[domain] = found
        return self._known[domain]

    async def look(self, zone: Zone, name: str) -> tuple[Present, ...] | Refused | Unknown:
        """Everything at `name` in `zone`; a zone that its publisher does not know as we kept it is asked for again."""
        present = await zone.look(name)
        if isinstance(present, Refused) and present.meaning is Meaning.ZONE:
            self._known.clear()
        return present

    @property
    def domains(self) -> tuple[str, ...]:
        """Every configured domain."""
        return tuple(self.routes)


def domain_of(name: str, domains: tuple[str, ...]) -> str | None:
    """The longest of `domains` that `name` lies in."""
    fitting = (domain for domain in domains if name == domain or name.endswith("." + domain))
    return max(fitting, key=len, default=None)
