"""What every identity may and may not say and hear, made from the table: concrete subjects, and the classic attacks."""

from collections.abc import Iterator

from bus.tables.identities import ALL_IDENTITIES
from bus.tables.permissions import permissions_of
from bus.tables.streams import matches

ROOT = "topology"

API_ATTACKS = tuple(
    f"$JS.API.{verb}"
    for verb in (
        *("INFO", "STREAM.LIST", "STREAM.NAMES", "STREAM.CREATE.MINE", "META.LEADER.STEPDOWN"),
        *(f"STREAM.{verb}.LEDGER" for verb in ("UPDATE", "DELETE", "PURGE", "MSG.DELETE", "SNAPSHOT", "RESTORE")),
        *("STREAM.LEADER.STEPDOWN.LEDGER", "STREAM.PEER.REMOVE.LEDGER", "CONSUMER.CREATE.LEDGER"),
        *("CONSUMER.CREATE.LEDGER.mine", "CONSUMER.CREATE.LEDGER.mine.saga.>", "CONSUMER.DURABLE.CREATE.LEDGER.mine"),
        *("CONSUMER.DELETE.LEDGER.notifier", "CONSUMER.PAUSE.LEDGER.notifier", "CONSUMER.RESET.LEDGER.notifier"),
        *("CONSUMER.CREATE.KV_names.mine", "CONSUMER.CREATE.KV_nodes.mine.$KV.nodes.>", "STREAM.INFO.KV_nodes"),
    )
)

PUBLISH_ATTACKS = (
    *API_ATTACKS,
    "$JS.ACK.MINE.mine.1.1.1.1.0",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.APP.JSZ",
    "$SYS.REQ.USER.INFO",
    "$SYS.ACCOUNT.APP.DISCONNECT",
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier",
    "$SRV.PING",
    "_R_.x.y",
    "anything",
)

SUBSCRIBE_ATTACKS = (
    *(">", "*", "*.>", "$SYS.>", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.>", "$KV.>", "_INBOX.>", "_INBOX.*.x"),
    *("_R_.>", "_GR_.>", "saga.>", "req.>", "ntf.>", "timer.>", "dlq.>", "live.>", "op.>", "mirror.>", "sec.>"),
)


def concrete(pattern: str) -> str:
    """A subject that `pattern` covers."""
    return pattern.replace("*", "x").replace(">", "x.y")


def said_by_all() -> frozenset[str]:
    """A concrete subject for every right that any identity has, and every attack."""
    rights = (
        right for one in ALL_IDENTITIES for right in (*permissions_of(one).publish, *permissions_of(one).subscribe)
    )
    return frozenset(concrete(right) for right in rights) | frozenset(PUBLISH_ATTACKS)


def heard_by_all() -> frozenset[str]:
    """Every pattern that any identity may publish or hear, and every attack."""
    rights = (
        right for one in ALL_IDENTITIES for right in (*permissions_of(one).publish, *permissions_of(one).subscribe)
    )
    return frozenset(rights) | frozenset(SUBSCRIBE_ATTACKS)


def may_not_say(identity: str) -> frozenset[str]:
    """Of everything that anybody says, what `identity` may not."""
    own = permissions_of(identity).publish
    return frozenset(subject for subject in said_by_all() if not any(matches(right, subject) for right in own))


def may_not_hear(identity: str) -> frozenset[str]:
    """Of everything that anybody hears, what `identity` may not.

    nats-server reads a subscription's last `>` as one token: whoever may hear `live.*` may write `live.>`. That is no
    wider, since its account takes in `live.*` alone.
    """
    own = permissions_of(identity).subscribe
    return frozenset(
        subject for subject in heard_by_all() if not any(matches(right, _as_the_server_reads(subject)) for right in own)
    )


def _as_the_server_reads(subscription: str) -> str:
    return f"{subscription[:-1]}x" if subscription.endswith(".>") else subscription


def _rights() -> Iterator[str]:
    for identity in ALL_IDENTITIES:
        allowed = permissions_of(identity)
        yield from (*allowed.publish, *allowed.subscribe)
