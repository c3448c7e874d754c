"""Current views and claims: the values of the KV buckets, one writer each (DESIGN §5)."""

from schemas.records.access import CursorRecord, OperatorKey, SessionRecord, Spent
from schemas.records.dns import DnsLimit, DriftRecord, Published, RecordMark, RecordMarks, ZoneCheck
from schemas.records.lease import Lease
from schemas.records.listing import ListedOp, ListRecord
from schemas.records.name import Holding, Holdings, KeptProof, NameRecord, NameState
from schemas.records.node import BalanceRecord, NodeRecord, NodeView, SealedCredentials, SealingKey, Watch
from schemas.records.offer import OfferPlace, OfferPlaces, OfferRecord, OfferVersion, Sweeps
from schemas.records.payment import Outgoing, Purse
from schemas.records.receipt import Receipts
from schemas.records.zone import Hold, Streak, ZoneRecord

__all__ = [
    "BalanceRecord",
    "CursorRecord",
    "DnsLimit",
    "DriftRecord",
    "Hold",
    "Holding",
    "Holdings",
    "KeptProof",
    "Lease",
    "ListRecord",
    "ListedOp",
    "NameRecord",
    "NameState",
    "NodeRecord",
    "NodeView",
    "OfferPlace",
    "OfferPlaces",
    "OfferRecord",
    "OfferVersion",
    "OperatorKey",
    "Outgoing",
    "Published",
    "Purse",
    "Receipts",
    "RecordMark",
    "RecordMarks",
    "SealedCredentials",
    "SealingKey",
    "SessionRecord",
    "Spent",
    "Streak",
    "Sweeps",
    "Watch",
    "ZoneCheck",
    "ZoneRecord",
]
