"""Every operation's steps as data (DESIGN §4): what each is made of says `schemas.flow`."""

from schemas.flow import CANCELLED, FAILED, FAILED_DIRTY, NOBODY, REQUESTED, Flow, FlowName, Step, WorkerName

__all__ = [
    "CANCELLED",
    "DAYS",
    "FAILED",
    "FAILED_DIRTY",
    "FLOWS",
    "NOBODY",
    "REQUESTED",
    "Flow",
    "FlowName",
    "Step",
    "WorkerName",
]


def _by_notifier(name: FlowName, step: str, done: str) -> Flow:
    """What notifier does in one step: nothing of it is ever taken back."""
    return _in_one_step(name, step, "notifier", done)


def _in_one_step(name: FlowName, step: str, worker: WorkerName, done: str) -> Flow:
    only = Step(name=step, worker=worker, done=done, timeout_s=300, pivot=True)
    return Flow(name=name, version=1, steps=(only,))


DAYS = 86_400.0


def _zone_step(name: str, worker: WorkerName, done: str, undone: str | None = None, *, pivot: bool = False) -> Step:
    """A step that waits for caches and people, and that an operator may hold: its patience is its handler's.

    Ten days to take one back: the longest wait for a DS that a person removes, and for its TTL.
    """
    return Step(name=name, worker=worker, done=done, timeout_s=21 * DAYS, undone=undone, undo_s=10 * DAYS, pivot=pivot)


def _zone_switch(name: FlowName, step: str, done: str) -> Flow:
    only = Step(name=step, worker="dnssec-verifier", done=done, timeout_s=3600, pivot=True)
    return Flow(name=name, version=1, steps=(only,))


_ZONE_NOTES = ("zone-on-hold", "zone-waiting")

FLOWS: dict[FlowName, Flow] = {
    "node.register": Flow(
        name="node.register",
        version=1,
        notes=("seed-lost", "pairing-offered"),
        steps=(
            Step(name="open", worker="node-manager", done="opened", timeout_s=900),
            Step(name="register", worker="node-manager", done="registered", timeout_s=900, undone="forgotten"),
            Step(name="schedule", worker="node-manager", done="scheduled", timeout_s=600),
            Step(name="narrow", worker="node-manager", done="narrowed", timeout_s=600),
            Step(name="ready", worker="node-manager", done="ready", timeout_s=600, pivot=True),
        ),
    ),
    "node.start": Flow(
        name="node.start",
        version=1,
        steps=(Step(name="start", worker="node-manager", done="node-started", timeout_s=600, pivot=True),),
    ),
    "node.stop": Flow(
        name="node.stop",
        version=1,
        steps=(Step(name="stop", worker="node-manager", done="node-stopped", timeout_s=300, pivot=True),),
    ),
    "node.restart": Flow(
        name="node.restart",
        version=1,
        steps=(
            Step(name="notice", worker="node-manager", done="node-stuck", timeout_s=120),
            Step(name="stop", worker="node-manager", done="node-stopped", timeout_s=300),
            Step(name="start", worker="node-manager", done="node-started", timeout_s=600, pivot=True),
        ),
    ),
    # From its first fact on nobody makes anything on the node any more, so that what the second step finds unused
    # stays unused.
    "node.delete": Flow(
        name="node.delete",
        version=1,
        steps=(
            Step(name="begin", worker="node-manager", done="node-leaving", timeout_s=120, undone="node-kept"),
            Step(name="unused", worker="offer-builder", done="node-unused", timeout_s=120),
            Step(name="forget", worker="node-manager", done="node-deleted", timeout_s=600, pivot=True),
        ),
    ),
    "node.turn": Flow(
        name="node.turn",
        version=1,
        steps=(Step(name="turn", worker="node-manager", done="node-turned", timeout_s=300, pivot=True),),
        quiet=True,
        unannounced=True,
    ),
    "node.lag": Flow(
        name="node.lag",
        version=1,
        steps=(Step(name="tell", worker="node-manager", done="node-behind", timeout_s=300, pivot=True),),
        quiet=True,
    ),
    # From `sending` on only the node knows whether money left it, so only evidence ends it: a preimage, or proof that
    # nothing was paid. Its time is a node's longest promise (2,016 blocks) and less than LEDGER keeps.
    "payment.send": Flow(
        name="payment.send",
        version=1,
        notes=("unknown",),
        steps=(
            Step(name="resolve", worker="node-manager", done="payee-found", timeout_s=120),
            Step(name="fetch", worker="node-manager", done="invoice-ready", timeout_s=240),
            Step(name="reserve", worker="node-manager", done="sending", timeout_s=120, undone="unreserved", pivot=True),
            Step(name="pay", worker="node-manager", done="settled", timeout_s=20 * 86_400, refutable=True),
        ),
    ),
    # What was called failed is looked at for as long as its invoice could be paid: if the proof was wrong, its owner
    # is told by the note, and a preimage alone is believed.
    "payment.watch": Flow(
        name="payment.watch",
        version=1,
        notes=("settled-late",),
        steps=(Step(name="watch", worker="node-manager", done="watched", timeout_s=20 * 86_400, pivot=True),),
        quiet=True,
        unannounced=True,
    ),
    # Whatever the node made is only told to anybody once it was found to say what was asked for.
    "offer.create": Flow(
        name="offer.create",
        version=1,
        notes=("waiting-for-signer",),
        steps=(
            Step(name="claim", worker="offer-builder", done="offer-claimed", timeout_s=120, undone="offer-unclaimed"),
            Step(name="offer", worker="node-manager", done="offered", timeout_s=900, undone="offer-disabled"),
            Step(name="activate", worker="offer-builder", done="offer-created", timeout_s=120, pivot=True),
        ),
    ),
    # An invoice that nobody is told of expires unpaid: there is nothing to take back.
    "invoice.create": _in_one_step("invoice.create", "make", "node-manager", "invoice-made"),
    # It has happened, so nothing of it is taken back, however long nobody was there to say so.
    "payment.receive": Flow(
        name="payment.receive",
        version=1,
        unannounced=True,
        steps=(
            Step(name="find", worker="node-manager", done="received", timeout_s=20 * 86_400, pivot=True),
            Step(name="credit", worker="offer-builder", done="credited", timeout_s=20 * 86_400),
        ),
    ),
    # Whoever was told of the former version may pay it for as long as a record would be cached.
    "offer.change": Flow(
        name="offer.change",
        version=1,
        notes=("waiting-for-signer",),
        steps=(
            Step(name="begin", worker="offer-builder", done="offer-changing", timeout_s=120, undone="offer-unchanged"),
            Step(name="offer", worker="node-manager", done="offered", timeout_s=900, undone="offer-disabled"),
            Step(name="switch", worker="offer-builder", done="offer-replaced", timeout_s=600, pivot=True),
            Step(name="retire", worker="node-manager", done="retired", timeout_s=7 * 86_400),
        ),
    ),
    # It is disabled from the first fact on, for nobody is told of it any more; the node follows as soon as it can.
    "offer.disable": Flow(
        name="offer.disable",
        version=1,
        steps=(
            Step(name="begin", worker="offer-builder", done="offer-closing", timeout_s=120, pivot=True),
            Step(name="disable", worker="node-manager", done="offer-disabled", timeout_s=7 * 86_400),
            Step(name="close", worker="offer-builder", done="offer-closed", timeout_s=600),
        ),
    ),
    "offer.enable": Flow(
        name="offer.enable",
        version=1,
        steps=(
            Step(name="begin", worker="offer-builder", done="offer-changing", timeout_s=120, undone="offer-unchanged"),
            Step(name="enable", worker="node-manager", done="offer-answering", timeout_s=600, undone="offer-disabled"),
            Step(name="open", worker="offer-builder", done="offer-enabled", timeout_s=600, pivot=True),
        ),
    ),
    "username.register": Flow(
        name="username.register",
        version=1,
        notes=("waiting-for-signer", "propagating"),
        steps=(
            Step(name="reserve", worker="offer-builder", done="reserved", timeout_s=120, undone="released"),
            Step(name="offer", worker="node-manager", done="offered", timeout_s=900, undone="offer-disabled"),
            Step(name="compose", worker="offer-builder", done="composed", timeout_s=120),
            Step(name="publish", worker="dns-publisher", done="published", timeout_s=1800, undone="withdrawn"),
            Step(name="prove", worker="dnssec-verifier", done="authoritative", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="verified", timeout_s=14400, pivot=True),
            Step(name="activate", worker="offer-builder", done="activated", timeout_s=600),
        ),
    ),
    # The name never stops working: the former offer is disabled after the last cache has forgotten it, by a step that
    # holds up nothing else.
    "username.rotate": Flow(
        name="username.rotate",
        version=1,
        notes=("waiting-for-signer", "propagating"),
        steps=(
            Step(name="begin", worker="offer-builder", done="changing", timeout_s=120, undone="unchanged"),
            Step(name="offer", worker="node-manager", done="offered", timeout_s=900, undone="offer-disabled"),
            Step(name="compose", worker="offer-builder", done="composed", timeout_s=120),
            Step(name="publish", worker="dns-publisher", done="published", timeout_s=1800, undone="restored"),
            Step(name="prove", worker="dnssec-verifier", done="authoritative", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="verified", timeout_s=2 * 86_400, pivot=True),
            Step(name="switch", worker="offer-builder", done="rotated", timeout_s=600),
            Step(name="retire", worker="node-manager", done="retired", timeout_s=7 * 86_400),
        ),
    ),
    # Until no cache can hold the record its owner may still change their mind. The name rests before the offer is
    # disabled, so that a node that is gone for good holds up nothing but its own offer.
    "username.release": Flow(
        name="username.release",
        version=1,
        notes=("propagating",),
        steps=(
            Step(name="begin", worker="offer-builder", done="changing", timeout_s=120, undone="unchanged"),
            Step(name="withdraw", worker="dns-publisher", done="removed", timeout_s=1800, undone="restored"),
            Step(name="prove", worker="dnssec-verifier", done="absent", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="gone", timeout_s=2 * 86_400, pivot=True),
            Step(name="quarantine", worker="offer-builder", done="quarantined", timeout_s=600),
            Step(name="retire", worker="node-manager", done="retired", timeout_s=7 * 86_400),
        ),
    ),
    # An operator's record. The names' one table says whose a name is: never a seller's and an operator's at once.
    "dns.publish": Flow(
        name="dns.publish",
        version=1,
        notes=("propagating",),
        steps=(
            Step(name="claim", worker="offer-builder", done="claimed", timeout_s=120, undone="unclaimed"),
            Step(name="compose", worker="offer-builder", done="composed", timeout_s=120),
            Step(name="publish", worker="dns-publisher", done="published", timeout_s=1800, undone="withdrawn"),
            Step(name="prove", worker="dnssec-verifier", done="authoritative", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="verified", timeout_s=2 * 86_400, pivot=True),
            Step(name="record", worker="offer-builder", done="recorded", timeout_s=600),
        ),
    ),
    "dns.withdraw": Flow(
        name="dns.withdraw",
        version=1,
        notes=("propagating",),
        steps=(
            Step(name="begin", worker="offer-builder", done="changing", timeout_s=120, undone="unchanged"),
            Step(name="withdraw", worker="dns-publisher", done="removed", timeout_s=1800, undone="restored"),
            Step(name="prove", worker="dnssec-verifier", done="absent", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="gone", timeout_s=2 * 86_400, pivot=True),
            Step(name="rest", worker="offer-builder", done="quarantined", timeout_s=600),
        ),
    ),
    # What dns-publisher finds by itself: an operation, so that the owner is told of it as of everything else.
    "record.drift": _in_one_step("record.drift", "tell", "dns-publisher", "drifted"),
    "record.heal": _in_one_step("record.heal", "tell", "dns-publisher", "healed"),
    # The record goes before its offer expires; the name stays its owner's, who brings it back by giving it a new offer.
    "username.pause": Flow(
        name="username.pause",
        version=1,
        notes=("propagating",),
        steps=(
            Step(name="begin", worker="offer-builder", done="changing", timeout_s=120, undone="unchanged"),
            Step(name="withdraw", worker="dns-publisher", done="removed", timeout_s=1800, undone="restored"),
            Step(name="prove", worker="dnssec-verifier", done="absent", timeout_s=3600),
            Step(name="settle", worker="dnssec-verifier", done="gone", timeout_s=2 * 86_400, pivot=True),
            Step(name="pause", worker="offer-builder", done="paused", timeout_s=600),
        ),
    ),
    # What was seen has happened already; telling it is all there is to do.
    "username.health": _in_one_step("username.health", "tell", "offer-builder", "turned"),
    "webhook.create": _by_notifier("webhook.create", "create", "webhook-created"),
    "webhook.change": _by_notifier("webhook.change", "change", "webhook-changed"),
    "webhook.remove": _by_notifier("webhook.remove", "remove", "webhook-removed"),
    "webhook.rotate": _by_notifier("webhook.rotate", "rotate", "webhook-rotated"),
    "webhook.ping": _by_notifier("webhook.ping", "ping", "webhook-pinged"),
    "webhook.redeliver": _by_notifier("webhook.redeliver", "redeliver", "webhook-redelivered"),
    "webhook.disable": _by_notifier("webhook.disable", "disable", "webhook-disabled"),
    # Signing goes from the keys up, and is taken back from the DS down: what is undone last is what would be missed
    # first. A parent that polls CDS may take a DS from `sign` on: from there the way back tells it to drop it (`sign`),
    # waits until no cache holds one (`clear`), and only then stops signing (`prepare`): those two stand before `sign`.
    "zone.sign": Flow(
        name="zone.sign",
        version=1,
        notes=_ZONE_NOTES,
        steps=(
            _zone_step("begin", "dnssec-verifier", "zone-claimed", "zone-freed"),
            _zone_step("prepare", "dns-publisher", "zone-prepared", "zone-signing-stopped"),
            _zone_step("clear", "dnssec-verifier", "parent-clear", "ds-gone"),
            _zone_step("sign", "dns-publisher", "zone-signing", "ds-forsaken"),
            _zone_step("ready", "dnssec-verifier", "zone-ds-ready"),
            _zone_step("submit", "dns-publisher", "ds-submitted", "ds-withdrawn"),
            _zone_step("arrive", "dnssec-verifier", "ds-at-parent"),
            _zone_step("settle", "dnssec-verifier", "zone-secure", pivot=True),
        ),
    ),
    # Until the DS is out of every cache it may be put back: the zone stays signed all the while.
    "zone.unsign": Flow(
        name="zone.unsign",
        version=1,
        notes=_ZONE_NOTES,
        steps=(
            _zone_step("begin", "dnssec-verifier", "zone-claimed", "zone-freed"),
            _zone_step("withdraw", "dns-publisher", "ds-withdrawn", "ds-restored"),
            _zone_step("vanish", "dnssec-verifier", "ds-gone", pivot=True),
            _zone_step("stop", "dns-publisher", "zone-signing-stopped"),
            _zone_step("bare", "dnssec-verifier", "zone-insecure"),
        ),
    ),
    # With the new DS handed over a roll only goes forward: both keys sign, so forward is always safe.
    "zone.roll": Flow(
        name="zone.roll",
        version=1,
        notes=_ZONE_NOTES,
        steps=(
            _zone_step("begin", "dnssec-verifier", "zone-claimed", "zone-freed"),
            _zone_step("ready", "dnssec-verifier", "zone-ds-ready"),
            _zone_step("submit", "dns-publisher", "ds-submitted", "ds-restored", pivot=True),
            _zone_step("arrive", "dnssec-verifier", "ds-at-parent"),
            _zone_step("retire", "dnssec-verifier", "old-ds-expired"),
            _zone_step("settle", "dnssec-verifier", "zone-secure"),
        ),
    ),
    "zone.hold": _zone_switch("zone.hold", "hold", "zone-held"),
    "zone.resume": _zone_switch("zone.resume", "resume", "zone-resumed"),
}
