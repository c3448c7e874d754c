"""An offer as everybody is shown it: what it says, field by field, and what each rule of BOLT 12 says of it. Pure."""

from typing import Final, Literal, assert_never

from schemas.base import Wire
from schemas.bolt12 import CHAINS, BlindedPath, Broken, Examined, Kept, OfferFields, Ruling, Unjudged

Finding = Literal["kept", "broken", "unjudged"]

_NETWORKS: Final = {chain: network for network, chain in CHAINS.items()}
_CHAINS, _CURRENCY = 2, 6


class OfferPath(Wire, frozen=True, kw_only=True):
    """A blinded path: where it begins, a key in hex or `block x transaction x output / direction` of a channel, and how
    many hops it has."""

    first_node: str
    hops: int


class UnknownField(Wire, frozen=True, kw_only=True):
    """A field without a meaning for us; its value in hex. `must_be_understood`: no offer may have it."""

    type: int
    value: str
    must_be_understood: bool


class OfferShown(Wire, frozen=True, kw_only=True):
    """What an offer says; null is what it does not say, or says in one of the fields listed in `unreadable`.

    `amount_msat` is msat; a price in another currency is `amount` of its smallest unit instead; decimal strings.
    `chains` are those it may be paid on, by name or as the hash of their first block. `expires_at` is unix seconds.
    `quantity_max` 0: no limit; null: one item. Bytes are hex. Texts are whatever somebody wrote there.
    """

    chains: tuple[str, ...]
    currency: str | None
    amount_msat: str | None
    amount: str | None
    description: str | None
    issuer: str | None
    issuer_id: str | None
    paths: tuple[OfferPath, ...]
    expires_at: int | None
    quantity_max: int | None
    features: str | None
    metadata: str | None
    unknown: tuple[UnknownField, ...]
    unreadable: tuple[int, ...]


class OfferRule(Wire, frozen=True, kw_only=True):
    """What one rule says: it is kept; broken, for that `reason`, in that `field` (null: in none alone); or unjudged, as
    what it is about could not be read, or no offer says it (whether the node of its issuer is announced)."""

    rule: str
    stage: Literal["structure", "semantics", "policy", "writing"]
    meaning: str
    finding: Finding
    reason: str | None
    field: int | None


class OfferExamined(Wire, frozen=True, kw_only=True):
    """`valid`: every rule of structure and of semantics is kept; rules of policy (our chain, the time, a way to a node
    that is not announced) and of writing make no offer invalid.

    `text` is the offer as it is usually written, `offer_id` its id in BOLT 12 (the merkle root) and `node_offer_id` in
    Core Lightning (the hash of its bytes); null unless valid. `offer` is null where no field at all could be read.
    """

    valid: bool
    text: str | None
    offer_id: str | None
    node_offer_id: str | None
    offer: OfferShown | None
    rules: tuple[OfferRule, ...]


def shown(examined: Examined) -> OfferExamined:
    """What everybody may see of an offer."""
    offer = examined.offer
    return OfferExamined(
        valid=offer is not None,
        text=None if offer is None else offer.text,
        offer_id=None if offer is None else offer.offer_id.hex(),
        node_offer_id=None if offer is None else offer.plain_offer_id.hex(),
        offer=None if examined.said is None else _fields(examined, examined.said),
        rules=tuple(_rule(ruling) for ruling in examined.rulings),
    )


def _fields(examined: Examined, said: OfferFields) -> OfferShown:
    amount = None if said.amount is None or _CURRENCY in examined.unreadable else str(said.amount)
    chains = () if _CHAINS in examined.unreadable else said.payable_chains
    return OfferShown(
        chains=tuple(_NETWORKS.get(chain, chain.hex()) for chain in chains),
        currency=said.currency,
        amount_msat=None if said.currency else amount,
        amount=amount if said.currency else None,
        description=said.description,
        issuer=said.issuer,
        issuer_id=_hex(said.issuer_id),
        paths=tuple(_path(path) for path in said.paths),
        expires_at=said.absolute_expiry,
        quantity_max=said.quantity_max,
        features=_hex(said.features),
        metadata=_hex(said.metadata),
        unknown=tuple(
            UnknownField(type=kind, value=value.hex(), must_be_understood=kind % 2 == 0)
            for kind, value in examined.foreign
        ),
        unreadable=tuple(sorted(examined.unreadable)),
    )


def _path(path: BlindedPath) -> OfferPath:
    channel = path.introduction_channel
    return OfferPath(
        first_node=path.first_node_id.hex() if channel is None else _channel(*channel), hops=len(path.hops)
    )


def _channel(direction: int, scid: int) -> str:
    return f"{scid >> 40}x{scid >> 16 & 0xFFFFFF}x{scid & 0xFFFF}/{direction}"


def _rule(ruling: Ruling) -> OfferRule:
    match ruling:
        case Kept():
            return _row(ruling, "kept")
        case Broken(problem=problem):
            return _row(ruling, "broken", problem.reason.words, problem.tlv)
        case Unjudged():
            return _row(ruling, "unjudged")
        case _ as never:
            assert_never(never)


def _row(ruling: Ruling, finding: Finding, reason: str | None = None, field: int | None = None) -> OfferRule:
    rule = ruling.rule
    return OfferRule(
        rule=rule.name, stage=rule.stage.value, meaning=rule.words, finding=finding, reason=reason, field=field
    )


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
