"""Facts of `username.register`, several of which the other flows of a name share."""

from schemas.base import Wire
from schemas.facts.life import Fact
from schemas.offers import Way


class Reserved(Fact, frozen=True, kw_only=True, tag="reserved"):
    """The name belongs to this operation. `revision` is the KV revision of the reservation."""

    name: str
    revision: int


class Released(Fact, frozen=True, kw_only=True, tag="released"):
    """Compensation: the reservation is gone, if it was ours."""

    name: str


class Offered(Fact, frozen=True, kw_only=True, tag="offered"):
    """The node holds exactly one active offer labelled with this operation, and payers get to it by `way`.

    By `path`: it has a blinded path. By `id`: it has none, and the node's own gossip holds its announcement.
    """

    node_id: str
    offer_id: str
    offer: str
    label: str
    single_use: bool = False
    way: Way = "path"


class WaitingForSigner(Fact, frozen=True, kw_only=True, tag="waiting-for-signer"):
    """Note: without the owner's signer the node can only make an offer that nobody can pay."""

    node_id: str


class OfferDisabled(Fact, frozen=True, kw_only=True, tag="offer-disabled"):
    """Every active offer labelled with this operation was disabled; their ids.

    A compensation; in `offer.disable` the very thing, and there every version of the offer is meant, whoever made it.
    """

    offer_ids: tuple[str, ...]


class Composed(Fact, frozen=True, kw_only=True, tag="composed"):
    """The offer was checked and the BIP 321 URI made: what the TXT record will hold, byte for byte."""

    name: str
    owner_name: str
    uri: str
    ttl_s: int
    offer_expires_at: int | None


class Published(Fact, frozen=True, kw_only=True, tag="published"):
    """The provider holds exactly one `bitcoin:` TXT at `owner_name` and it equals the URI.

    `previous_ttl_s` is the TTL of what was there before (None: nothing), for the clock of P4. `changed` is false if all
    of that stood there already: then no cache can hold anything older.
    """

    owner_name: str
    zone: str
    record_id: str
    content_sha256: str
    ttl_s: int
    previous_ttl_s: int | None
    changed: bool = True


class Withdrawn(Fact, frozen=True, kw_only=True, tag="withdrawn"):
    """Compensation: no record of this operation is left at `owner_name`."""

    owner_name: str


class Probe(Wire, frozen=True, kw_only=True):
    """One answer that was checked: `server` is `address:port`, `transport` is udp, tcp or doh, `ok` says as desired."""

    server: str
    transport: str
    ok: bool
    detail: str


class Propagating(Fact, frozen=True, kw_only=True, tag="propagating"):
    """Note: a change is on its way; `right` of `servers` authoritative addresses show it, `detail` is what one says.

    Told at the first look that finds some wrong, and again whenever more are right than ever before: never more often
    than there are servers. What follows is `authoritative` (or `absent`), or `failed` with the reason. `settles_in_s`:
    how long (at least) after the last one is right caches may still hold what was there before.
    """

    right: int
    servers: int
    detail: str
    settles_in_s: float | None = None

    def supersedes(self, standing: Fact) -> bool:
        """Counts are only told upwards: a server that falls back and catches up again is no news."""
        return isinstance(standing, Propagating) and self.right > standing.right


class Authoritative(Fact, frozen=True, kw_only=True, tag="authoritative"):
    """P1 and P2: every authoritative address gives the desired bytes, and the chain is secure from the root.

    Times are unix seconds; the proof holds in [valid_from, valid_until]; `settles_at` is the clock of P4.
    """

    probes: tuple[Probe, ...]
    verdict: str
    valid_from: int
    valid_until: int
    at: float
    settles_at: float
    zones: tuple[str, ...]


class Verified(Fact, frozen=True, kw_only=True, tag="verified"):
    """P4: no compliant cache can hold anything older any more. `resolvers` were sampled after P1 (P3), never before.

    `visible` says whether enough of them agreed; `took_s` is how long it took since the record was published.
    """

    verdict: str
    valid_from: int
    valid_until: int
    authoritative: tuple[Probe, ...]
    resolvers: tuple[Probe, ...]
    visible: bool = False
    took_s: float = 0.0


class Activated(Fact, frozen=True, kw_only=True, tag="activated"):
    """The name is live. `revision` is the KV revision that says so."""

    name: str
    uri: str
    revision: int
