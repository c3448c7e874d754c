"""The rounds: which nodes serve live names, whose turn it is, and what was found, written to `node-health`.

A crash between look and write costs one look. Two processes that believe they hold the lease write the same kind of
thing; compare-and-set makes the slower one lose, and its next turn comes.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import structlog

from bus.buckets.kv import Bucket, Entry
from bus.buckets.leases import Held
from bus.buckets.mirror import Mirror
from bus.rounds.looking import look_at_each
from bus.rounds.rota import Rota
from schemas.health import NodeHealth, heard
from schemas.records import NameRecord, NodeView
from services.node_manager.desk import Desk
from services.node_manager.greenlight.scheduler import Booting, Running
from services.node_manager.handlers.reach import home_of
from services.node_manager.health.judge import (
    ASLEEP,
    NO_SUCH_NODE,
    Active,
    Offers,
    is_asleep,
    offer_of,
    signer_of,
    unheard,
)
from services.node_manager.offers.home import Home
from services.node_manager.offers.making import list_offers

AT_ONCE = 8
MOST = 40
SOON_S = 30.0
"""When to look again at what was seen in another state, once."""

log = structlog.stdlib.get_logger("node-manager")

Live = dict[str, Entry[NameRecord]]
"""Live names by key."""


@dataclass(slots=True)
class Rounds:
    """Looks at the nodes that live `names` pay; `views` say how ready each is."""

    desk: Desk
    names: Mirror[NameRecord]
    views: Mirror[NodeView]
    health: Bucket[NodeHealth]
    _rota: Rota = field(init=False)
    _written: set[str] = field(init=False, default_factory=set)
    _held: Held | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rota = Rota(self.desk.settings.health_every_s)

    async def look(self, ours: Held) -> None:
        """One round."""
        if self.names.suspect or self.views.suspect:
            return  # who cannot be sure what is live looks at nothing
        live = {key: entry for key, entry in self.names.items().items() if pays_a_node(entry.value)}
        if self._held is not ours:
            self._held, self._rota = ours, Rota(self.desk.settings.health_every_s)
            self._written = {key async for key, _ in self.health.walk()}
        for gone in self._written - live.keys():
            await self.health.delete(gone)
            self._written.discard(gone)
        nodes: dict[str, Live] = defaultdict(dict)
        for key, entry in live.items():
            nodes[f"{entry.value.owner}.{entry.value.node_id}"][key] = entry
        self._rota.heed({node: self._version(node, names) for node, names in nodes.items()}, self.desk.clock())

        async def one(node: str) -> None:
            await self._look(node, nodes[node])

        await look_at_each(self._rota.due(self.desk.clock(), MOST), one, ours, AT_ONCE, "node-health")

    def _version(self, node: str, names: Live) -> tuple[int, int]:
        view = self.views.get(node)
        return max(entry.revision for entry in names.values()), view.revision if view else 0

    async def _look(self, node: str, names: Live) -> None:
        self._rota.looked(node, self.desk.clock())  # whatever comes of it: what fails has its next turn
        entry = self.views.get(node)
        view = entry.value if entry else None
        offers = await self._offers(view)
        doubted = [await self._note(key, entry.value, view, offers) for key, entry in names.items()]
        if any(doubted):
            self._rota.looked(node, self.desk.clock(), SOON_S)

    async def _offers(self, view: NodeView | None) -> Offers:
        """The node's active offers, if it runs; it is neither started nor asked anything that it would wake up for."""
        if view is None:
            return NO_SUCH_NODE
        if is_asleep(view):
            return ASLEEP
        page = await self.desk.book.read(view.owner, view.node_id)
        if page is None:
            return NO_SUCH_NODE
        place = await self.desk.look(view.node_id, page.credentials)
        if isinstance(place, Booting):
            return ASLEEP
        if not isinstance(place, Running):
            return unheard(place)
        node = self.desk.node(place.uri, page.credentials)
        listed = await list_offers(node)
        if not isinstance(listed, tuple):
            return unheard(listed)
        home = await home_of(node, page)
        if not isinstance(home, Home):
            return unheard(home)
        return Active(frozenset(offer.bolt12 for offer in listed), home)

    async def _note(self, key: str, record: NameRecord, view: NodeView | None, offers: Offers) -> bool:
        """Write what was found for one name; whether it is in doubt."""
        settings, now = self.desk.settings, self.desk.clock()
        last_moment_s = settings.record_ttl_s + settings.settle_margin_s + settings.offer_withdraw_lead_s
        offer = offer_of(offers, record.offer or "", record.offer_expires_at, last_moment_s, now)
        before, revision = await self.health.standing(key)
        known = before.value if before else None
        health = NodeHealth(
            name=record.name,
            owner=record.owner,
            node_id=record.node_id,
            offer=heard(known.offer if known else None, offer, now),
            signer=heard(known.signer if known else None, signer_of(view), now, sure=True),
            looked_at=now,
        )
        if await self.health.update(key, health, revision) is None:
            return False
        self._written.add(key)
        if known is None or (known.offer.since, known.signer.since) != (health.offer.since, health.signer.since):
            log.info("health.turned", name=record.name, offer=health.offer.reason, signer=health.signer.reason)
        return health.offer.seen is not None or health.signer.seen is not None


def pays_a_node(record: NameRecord) -> bool:
    """Whether the name is live, and a seller's: an operator's record pays no node of ours."""
    return record.state == "active" and not record.by_operator
