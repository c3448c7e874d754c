"""What happened: bodies of `saga.<owner>.<op>.<fact>.<next>` (stream LEDGER); the fact token is the struct's tag.

A fact is written once, by the worker that finished the step, guarded by compare-and-set over the whole operation.
Nothing secret is ever part of one: no seed, rune, device key, preimage or registration payload.
"""

from schemas.facts.change import (
    Absent,
    Changing,
    Gone,
    Paused,
    Quarantined,
    Removed,
    Restored,
    Retired,
    Rotated,
    Turned,
    Unchanged,
)
from schemas.facts.invoice import InvoiceMade
from schemas.facts.life import Cancelled, Fact, Failed, FailedDirty, Requested
from schemas.facts.name import (
    Activated,
    Authoritative,
    Composed,
    OfferDisabled,
    Offered,
    Probe,
    Propagating,
    Published,
    Released,
    Reserved,
    Verified,
    WaitingForSigner,
    Withdrawn,
)
from schemas.facts.node import (
    Forgotten,
    Narrowed,
    NodeBehind,
    NodeDeleted,
    NodeKept,
    NodeLeaving,
    NodeStarted,
    NodeStopped,
    NodeStuck,
    NodeTurned,
    NodeUnused,
    Opened,
    PairingOffered,
    Ready,
    Registered,
    Scheduled,
    SeedLost,
)
from schemas.facts.offer import (
    OfferAnswering,
    OfferChanging,
    OfferClaimed,
    OfferClosed,
    OfferClosing,
    OfferCreated,
    OfferEnabled,
    OfferReplaced,
    OfferUnchanged,
    OfferUnclaimed,
)
from schemas.facts.payment import (
    InvoiceReady,
    PayeeFound,
    PaymentUnknown,
    PaymentWatched,
    Sending,
    Settled,
    SettledLate,
    Unreserved,
)
from schemas.facts.receipt import Credited, Received
from schemas.facts.record import Claimed, Drifted, Former, Healed, Recorded, Unclaimed
from schemas.facts.webhook import (
    WebhookChanged,
    WebhookCreated,
    WebhookDisabled,
    WebhookPinged,
    WebhookRedelivered,
    WebhookRemoved,
    WebhookRotated,
)
from schemas.facts.zone import (
    DsAtParent,
    DsForsaken,
    DsGone,
    DsRestored,
    DsSubmitted,
    DsWithdrawn,
    Evidence,
    OldDsExpired,
    ParentClear,
    ZoneClaimed,
    ZoneDsReady,
    ZoneFreed,
    ZoneHeld,
    ZoneInsecure,
    ZoneOnHold,
    ZonePrepared,
    ZoneResumed,
    ZoneSecure,
    ZoneSigning,
    ZoneSigningStopped,
    ZoneWaiting,
)

AnyFact = (
    Requested
    | Failed
    | Cancelled
    | FailedDirty
    | Opened
    | SeedLost
    | PairingOffered
    | Registered
    | Scheduled
    | Narrowed
    | Ready
    | Forgotten
    | NodeStarted
    | NodeStopped
    | NodeStuck
    | NodeLeaving
    | NodeKept
    | NodeUnused
    | NodeDeleted
    | NodeTurned
    | NodeBehind
    | PayeeFound
    | InvoiceReady
    | Sending
    | PaymentUnknown
    | PaymentWatched
    | Settled
    | SettledLate
    | Unreserved
    | OfferClaimed
    | OfferUnclaimed
    | OfferCreated
    | InvoiceMade
    | Received
    | Credited
    | OfferChanging
    | OfferUnchanged
    | OfferReplaced
    | OfferClosing
    | OfferClosed
    | OfferAnswering
    | OfferEnabled
    | Reserved
    | Released
    | Offered
    | WaitingForSigner
    | OfferDisabled
    | Composed
    | Published
    | Withdrawn
    | Propagating
    | Authoritative
    | Verified
    | Activated
    | Changing
    | Unchanged
    | Rotated
    | Removed
    | Restored
    | Absent
    | Gone
    | Paused
    | Turned
    | Quarantined
    | Retired
    | Claimed
    | Unclaimed
    | Recorded
    | Drifted
    | Healed
    | WebhookCreated
    | WebhookChanged
    | WebhookRemoved
    | WebhookRotated
    | WebhookPinged
    | WebhookRedelivered
    | WebhookDisabled
    | ZoneClaimed
    | ZoneFreed
    | ZoneSigning
    | ParentClear
    | ZonePrepared
    | DsForsaken
    | ZoneSigningStopped
    | ZoneDsReady
    | DsSubmitted
    | DsWithdrawn
    | DsRestored
    | DsAtParent
    | OldDsExpired
    | DsGone
    | ZoneSecure
    | ZoneInsecure
    | ZoneHeld
    | ZoneResumed
    | ZoneOnHold
    | ZoneWaiting
)


def fact_name(fact: Fact) -> str:
    """The fact token of `fact`, e.g. `registered`."""
    return str(type(fact).__struct_config__.tag)


__all__ = [
    "Absent",
    "Activated",
    "AnyFact",
    "Authoritative",
    "Cancelled",
    "Changing",
    "Claimed",
    "Composed",
    "Credited",
    "Drifted",
    "DsAtParent",
    "DsForsaken",
    "DsGone",
    "DsRestored",
    "DsSubmitted",
    "DsWithdrawn",
    "Evidence",
    "Fact",
    "Failed",
    "FailedDirty",
    "Forgotten",
    "Former",
    "Gone",
    "Healed",
    "InvoiceMade",
    "InvoiceReady",
    "Narrowed",
    "NodeBehind",
    "NodeDeleted",
    "NodeKept",
    "NodeLeaving",
    "NodeStarted",
    "NodeStopped",
    "NodeStuck",
    "NodeTurned",
    "NodeUnused",
    "OfferAnswering",
    "OfferChanging",
    "OfferClaimed",
    "OfferClosed",
    "OfferClosing",
    "OfferCreated",
    "OfferDisabled",
    "OfferEnabled",
    "OfferReplaced",
    "OfferUnchanged",
    "OfferUnclaimed",
    "Offered",
    "OldDsExpired",
    "Opened",
    "PairingOffered",
    "ParentClear",
    "Paused",
    "PayeeFound",
    "PaymentUnknown",
    "PaymentWatched",
    "Probe",
    "Propagating",
    "Published",
    "Quarantined",
    "Ready",
    "Received",
    "Recorded",
    "Registered",
    "Released",
    "Removed",
    "Requested",
    "Reserved",
    "Restored",
    "Retired",
    "Rotated",
    "Scheduled",
    "SeedLost",
    "Sending",
    "Settled",
    "SettledLate",
    "Turned",
    "Unchanged",
    "Unclaimed",
    "Unreserved",
    "Verified",
    "WaitingForSigner",
    "WebhookChanged",
    "WebhookCreated",
    "WebhookDisabled",
    "WebhookPinged",
    "WebhookRedelivered",
    "WebhookRemoved",
    "WebhookRotated",
    "Withdrawn",
    "ZoneClaimed",
    "ZoneDsReady",
    "ZoneFreed",
    "ZoneHeld",
    "ZoneInsecure",
    "ZoneOnHold",
    "ZonePrepared",
    "ZoneResumed",
    "ZoneSecure",
    "ZoneSigning",
    "ZoneSigningStopped",
    "ZoneWaiting",
    "fact_name",
]
