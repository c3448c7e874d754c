"""The sweep: every running node's active offers, looked at when it has come up and now and then after that.

What is to be disabled has been nobody's in two looks some time apart: no follower lags behind so long, and what an
operation does about its own offers it has done by then. A crash between any two lines costs a look; two processes that
believe they hold the lease disable the same offers.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import structlog

from bus.buckets.leases import Held, held
from bus.buckets.mirror import Mirror
from bus.rounds.looking import look_at_each
from bus.rounds.rota import Rota
from schemas.records import NameRecord, NodeView
from services.node_manager.desk import Desk
from services.node_manager.greenlight.node import Node
from services.node_manager.greenlight.scheduler import Running
from services.node_manager.handlers.make_offer import LEASE_S
from services.node_manager.handlers.reach import home_of
from services.node_manager.health.judge import is_asleep
from services.node_manager.keep.book import Page
from services.node_manager.offers.home import Home
from services.node_manager.offers.making import disable_all, list_offers
from services.node_manager.offers.offering import Listed, lease_of, read_label
from services.node_manager.orphans.counting import count
from services.node_manager.orphans.evidence import Evidence
from services.node_manager.orphans.judge import Disable

AT_ONCE = 4
MOST = 40
SOON_S = 60.0
"""How long an offer is under suspicion before it is disabled."""

log = structlog.stdlib.get_logger("node-manager")


@dataclass(slots=True)
class Sweep:
    """Sweeps the nodes that `views` say are awake."""

    desk: Desk
    names: Mirror[NameRecord]
    views: Mirror[NodeView]
    _rota: Rota = field(init=False)
    _held: Held | None = field(init=False, default=None)
    _suspected: dict[str, dict[bytes, float]] = field(init=False, default_factory=dict)
    """Of each node: since when (unix seconds) nothing has spoken for which of its offers."""

    def __post_init__(self) -> None:
        self._rota = Rota(self.desk.settings.offer_sweep_every_s)

    async def look(self, ours: Held) -> None:
        """One round."""
        if self.names.suspect or self.views.suspect:
            return  # who cannot be sure what is paid disables nothing
        if self._held is not ours:
            self._held, self._rota, self._suspected = ours, Rota(self.desk.settings.offer_sweep_every_s), {}
        awake = {key: True for key, entry in self.views.items().items() if may_be_swept(entry.value)}
        self._rota.heed(awake, self.desk.clock())
        self._suspected = {key: suspects for key, suspects in self._suspected.items() if key in awake}
        await look_at_each(self._rota.due(self.desk.clock(), MOST), self._look, ours, AT_ONCE, "offer-sweep")

    async def _look(self, key: str) -> None:
        self._rota.looked(key, self.desk.clock())  # whatever comes of it: what fails has its next turn
        entry = self.views.get(key)
        page = await self.desk.book.read(entry.value.owner, entry.value.node_id) if entry else None
        if page is None or page.record.leaving is not None:
            return
        place = await self.desk.look(page.record.node_id, page.credentials)
        if not isinstance(place, Running):
            return
        node = self.desk.node(place.uri, page.credentials)
        listed, home = await list_offers(node), await home_of(node, page)
        if not isinstance(listed, tuple) or not isinstance(home, Home):
            return
        suspects = self._suspects(key, [offer.offer_id for offer, _ in await self._needless(listed, home)])
        if not suspects:
            return
        self._rota.looked(key, self.desk.clock(), SOON_S)
        long_enough = self.desk.clock() - min(SOON_S, self.desk.settings.offer_sweep_every_s)
        if due := {offer_id for offer_id, since in suspects.items() if since <= long_enough}:
            await self._disable(page, node, due)

    async def _needless(self, listed: Iterable[Listed], home: Home) -> list[tuple[Listed, Disable]]:
        """Those of the `listed` that nobody needs, and why."""
        evidence = Evidence(self.desk.bus, self.names)
        found = []
        for offer in listed:
            if (label := read_label(offer.label)) is not None:
                verdict = await evidence.judged(label, payable=home.way_of(offer.bolt12) is not None)
                if isinstance(verdict, Disable):
                    found.append((offer, verdict))
        return found

    def _suspects(self, key: str, needless: Iterable[bytes]) -> dict[bytes, float]:
        """The suspects of a node, and since when they are; whoever was cleared begins anew."""
        before, now = self._suspected.pop(key, {}), self.desk.clock()
        suspects = {offer_id: before.get(offer_id, now) for offer_id in needless}
        if suspects:
            self._suspected[key] = suspects
        return suspects

    async def _disable(self, page: Page, node: Node, due: Collection[bytes]) -> None:
        """Disable the offers that are `due` and are still nobody's while nothing is being made on their node."""
        node_id = page.record.node_id
        async with held(self.desk.bus, lease_of(node_id), LEASE_S) as alone:
            listed = await list_offers(node) if alone else ()
            home = await home_of(node, page)
            if not isinstance(listed, tuple) or not isinstance(home, Home):
                return
            for offer, verdict in await self._needless((offer for offer in listed if offer.offer_id in due), home):
                if not alone:
                    return
                await count(self.desk.bus, offer.offer_id)
                if await disable_all(node, (offer.offer_id,)) is not None:
                    return
                log.warning("offer.swept", node=node_id, offer=offer.offer_id.hex(), label=offer.label, why=verdict.why)


def may_be_swept(view: NodeView) -> bool:
    """Whether the node runs, as far as was seen, and nobody is deleting it."""
    return not is_asleep(view) and not view.leaving
