"""Dead letters: what nobody could handle, kept with its origin and the reason, once however often we try to keep it."""

import structlog

from bus.client.connection import Bus
from bus.client.delivery import Delivery
from bus.client.publish import publish
from bus.tables import subjects

log = structlog.stdlib.get_logger("bus")

_SERVERS_OWN = "nats-"


async def bury(bus: Bus, delivery: Delivery, reason: str, error_type: str = "") -> None:
    """Copy `delivery` to DLQ: payload, headers and why. `reason` must hold no secret. Raises BusUnavailable."""
    consumer = delivery.consumer
    await publish(
        bus,
        subjects.dead_letter(consumer.stream, consumer.name),
        delivery.data,
        msg_id=f"dlq:{consumer.stream}:{delivery.seq}",
        headers=_headers(delivery, reason, error_type),
    )
    log.error(
        "dead-letter",
        stream=consumer.stream,
        consumer=consumer.name,
        subject=delivery.subject,
        seq=delivery.seq,
        tries=delivery.tries,
        reason=reason,
        error_type=error_type,
    )


def _headers(delivery: Delivery, reason: str, error_type: str) -> dict[str, str]:
    # The server's own headers would act again: an old expectation or message id is not this message's.
    kept = {name: value for name, value in delivery.headers.items() if not name.lower().startswith(_SERVERS_OWN)}
    return kept | {
        "X-Orig-Subject": delivery.subject,
        "X-Orig-Seq": str(delivery.seq),
        "X-Reason": " ".join(reason.split()),
        "X-Error-Type": error_type or "-",
        "X-Delivered": str(delivery.tries),
    }
