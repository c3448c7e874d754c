"""What may pass the door: a request's bytes and where they came from, judged before any of it is believed. Pure.

Guarantees: whatever the bytes, the answer is a request that agrees with its subject and with itself, or the rule it
breaks; a rule is told in our own words, so nothing that was sent is ever repeated in an answer or a log. Rules of the
business (may this name be had, is this node theirs) are not the door's: the step that acts on them keeps them, whoever
asked (law 7).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

import msgspec

from bus.tables import subjects
from schemas.amounts import is_msat
from schemas.base import UNREADABLE
from schemas.ids import Owner, is_token, owner_of
from schemas.offers import OfferTerms, TermsChange, changed, is_order_id, terms_problem
from schemas.payment_record import MAX_URI_BYTES
from schemas.payments import MAX_NOTE_CHARS, MAX_QUANTITY, MAX_TO_CHARS
from schemas.receipts import LEAST_EXPIRY_S, MOST_EXPIRY_S, is_description
from schemas.receivers import MAX_URL_CHARS
from schemas.requests import (
    FLOW_OF,
    AnyRequest,
    Cancel,
    DnsPublish,
    DnsWithdraw,
    InvoiceCreate,
    NodeDelete,
    NodeLag,
    NodeRegister,
    NodeRestart,
    NodeStart,
    NodeStop,
    NodeTurn,
    OfferChange,
    OfferCreate,
    OfferDisable,
    OfferEnable,
    PaymentReceive,
    PaymentSend,
    PaymentWatch,
    RecordDrift,
    RecordHeal,
    Request,
    UsernameHealth,
    UsernamePause,
    UsernameRegister,
    UsernameRelease,
    UsernameRotate,
    WebhookChange,
    WebhookCreate,
    WebhookDisable,
    WebhookPing,
    WebhookRedeliver,
    WebhookRemove,
    WebhookRotate,
    ZoneHold,
    ZoneResume,
    ZoneRoll,
    ZoneSign,
    ZoneUnsign,
)
from schemas.webhooks import MAX_DESCRIPTION, MAX_PATTERNS
from schemas.zones import is_zone

FRESH_S = 900.0
"""How far `askedAt` may be from the server's clock, either way, at the moment when the request was stored.

An outage of ours makes no request stale: it is measured against when it came, not against when it is looked at.
"""

REPLAY_OF = "X-Replay-Of"
"""Header of a request that an operator brings back: the dead letter that it was."""

_PUBKEY = re.compile(r"[0-9a-f]{64}")
_NODE_ID = re.compile(r"0[23][0-9a-f]{64}")
_DIGEST = re.compile(r"([0-9a-f]{2}){0,32}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_PATH = re.compile(r" - at `(\$[A-Za-z.]{0,64})`")
_NAME_MAX, _INVITE_MAX, _PATTERN_MAX, _REASON_MAX = 512, 256, 256, 200
_TTL_MAX = 86_400
_BLOCKS_MAX = 1 << 32
_LONGEST_TTL_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Not taken: a problem code and which rule. `owner`: whose it was, if that much of it could be believed."""

    code: str
    detail: str
    owner: Owner | None = None


def admit(subject: str, data: bytes, stored_at: float, *, replayed: bool = False) -> AnyRequest | TurnedAway:
    """The request in `data`, stored at `stored_at` (unix seconds) on `subject`, or why it is none.

    `replayed`: an operator brings it back from the dead letters, so its age is no fault.
    """
    request = _decoded(data)
    if isinstance(request, TurnedAway):
        return request
    return (
        _misshapen(request)
        or _mismatched(subject, request)
        or _somebody_elses(request)
        or (None if replayed else _untimely(request, stored_at))
        or request
    )


def _decoded(data: bytes) -> AnyRequest | TurnedAway:
    try:
        data.decode()
        request: AnyRequest = msgspec.json.decode(data, type=AnyRequest)
    except msgspec.ValidationError as error:
        where = _PATH.search(str(error))
        place = f" - at `{where[1]}`" if where else ""
        return TurnedAway("invalid-body", f"a field is missing or is not what it has to be{place}")
    except UNREADABLE:
        return TurnedAway("malformed-json", "the request is not JSON in UTF-8")
    return request


def _misshapen(request: AnyRequest) -> TurnedAway | None:
    shapes = {
        "op": is_token(request.op),
        "owner": is_token(request.owner),
        "pubkey": _PUBKEY.fullmatch(request.pubkey) is not None,
        "bodySha256": _DIGEST.fullmatch(request.body_sha256) is not None,
        "askedAt": _instant(request.asked_at) is not None,
        "traceparent": request.traceparent is None or _TRACEPARENT.fullmatch(request.traceparent) is not None,
        **_own_shapes(request),
    }
    wrong = next((field for field, is_right in shapes.items() if not is_right), None)
    return None if wrong is None else TurnedAway("invalid-body", f"the field has another shape - at `$.{wrong}`")


def _own_shapes(request: AnyRequest) -> dict[str, bool]:
    match request:
        case NodeRegister():
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "inviteCode": len(request.invite_code) <= _INVITE_MAX,
            }
        case NodeStart() | NodeStop() | NodeRestart() | NodeDelete() | NodeTurn() | PaymentReceive():
            return {"nodeId": _NODE_ID.fullmatch(request.node_id) is not None}
        case InvoiceCreate():
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "description": is_description(request.description),
                "expiryS": LEAST_EXPIRY_S <= request.expiry_s <= MOST_EXPIRY_S,
                "amountMsat": request.amount_msat is None or is_msat(request.amount_msat, least=1),
                "orderId": request.order_id is None or is_order_id(request.order_id),
            }
        case NodeLag():
            said = (request.block_height, request.head_height, request.lag)
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "lag": all(blocks is None or 0 <= blocks <= _BLOCKS_MAX for blocks in said),
            }
        case PaymentSend():
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "to": 0 < len(request.to) <= MAX_TO_CHARS,
                "amountMsat": request.amount_msat is None or is_msat(request.amount_msat, least=1),
                "maxFeeMsat": request.max_fee_msat is None or is_msat(request.max_fee_msat, least=0),
                "payerNote": len(request.payer_note or "") <= MAX_NOTE_CHARS,
                "quantity": request.quantity is None or 1 <= request.quantity <= MAX_QUANTITY,
            }
        case OfferCreate():
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "terms": terms_problem(request.terms, 0) is None,
                "orderId": request.order_id is None or (request.terms.single_use and is_order_id(request.order_id)),
            }
        case OfferChange():
            return {"offerId": is_token(request.offer_id), "change": _may_be(request.change)}
        case OfferDisable() | OfferEnable():
            return {"offerId": is_token(request.offer_id)}
        case PaymentWatch():
            return {
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "payment": is_token(request.payment),
                "paymentHash": _DIGEST.fullmatch(request.payment_hash) is not None,
                "amountMsat": is_msat(request.amount_msat, least=1),
            }
        case UsernameRegister() | UsernameRotate():
            return {
                "terms": not isinstance(request, UsernameRotate) or request.terms is None or _may_be(request.terms),
                "nodeId": _NODE_ID.fullmatch(request.node_id) is not None,
                "expiringAt": not isinstance(request, UsernameRotate) or request.expiring_at is None,  # ours to say
                "username": len(request.username) <= _NAME_MAX,
                "domain": len(request.domain) <= _NAME_MAX,
            }
        case UsernameRelease() | UsernamePause() | UsernameHealth():
            return {
                "username": len(request.username) <= _NAME_MAX,
                "domain": len(request.domain) <= _NAME_MAX,
            }
        case DnsPublish() | DnsWithdraw() | RecordDrift() | RecordHeal():
            return {
                "username": len(request.username) <= _NAME_MAX,
                "domain": len(request.domain) <= _NAME_MAX,
                "uri": not isinstance(request, DnsPublish) or len(request.uri) <= MAX_URI_BYTES,
                "ttlS": not isinstance(request, DnsPublish) or 1 <= request.ttl_s <= _TTL_MAX,
            }
        case WebhookCreate() | WebhookChange():
            return {
                "webhookId": not isinstance(request, WebhookChange) or is_token(request.webhook_id),
                "url": len(request.url or "") <= MAX_URL_CHARS,
                "events": _fits(request.events or (), MAX_PATTERNS, _PATTERN_MAX),
                "description": len(request.description or "") <= MAX_DESCRIPTION,
            }
        case WebhookRedeliver():
            return {"webhookId": is_token(request.webhook_id), "deliveryId": is_token(request.delivery_id)}
        case WebhookRemove() | WebhookRotate() | WebhookPing() | WebhookDisable():
            return {"webhookId": is_token(request.webhook_id)}
        case ZoneSign():
            return {"zone": is_zone(request.zone), "maxTtlS": 1 <= request.max_ttl_s <= _LONGEST_TTL_S}
        case ZoneHold():
            return {"zone": is_zone(request.zone), "reason": len(request.reason) <= _REASON_MAX}
        case ZoneUnsign() | ZoneRoll() | ZoneResume():
            return {"zone": is_zone(request.zone)}
        case Cancel():
            return {}
        case _ as never:
            assert_never(never)


def _may_be(change: TermsChange) -> bool:
    """Whether some offer could be changed like that."""
    return terms_problem(changed(OfferTerms(description="x"), change), 0) is None


def _fits(texts: tuple[str, ...], count: int, length: int) -> bool:
    return len(texts) <= count and all(len(text) <= length for text in texts)


def _mismatched(subject: str, request: AnyRequest) -> TurnedAway | None:
    asked = subjects.parse_request(subject)
    if (asked.noun, asked.verb) not in subjects.REQUESTS:
        return TurnedAway("request-unknown", "the subject names no request that we take")
    if asked.op != request.op:
        return TurnedAway("request-mismatch", "the subject names another operation")
    is_meant = (
        asked.verb == subjects.CANCEL
        if isinstance(request, Cancel)
        else FLOW_OF[type(request)] == f"{asked.noun}.{asked.verb}"
    )
    return None if is_meant else TurnedAway("request-mismatch", "the subject names another kind of request")


def _somebody_elses(request: AnyRequest) -> TurnedAway | None:
    if owner_of(request.pubkey) == request.owner:
        return None
    return TurnedAway("owner-mismatch", "the owner is not the one whose public key this is")


def _untimely(request: Request, stored_at: float) -> TurnedAway | None:
    asked_at = _instant(request.asked_at)
    if asked_at is not None and abs(asked_at - stored_at) <= FRESH_S:
        return None
    return TurnedAway("request-stale", f"`askedAt` is more than {FRESH_S:g} s off the bus's clock", request.owner)


def _instant(text: str) -> float | None:
    """RFC 3339 with a zone as unix seconds; None for anything else."""
    try:
        moment = msgspec.convert(text, datetime)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (msgspec.ValidationError, OverflowError):
        return None
