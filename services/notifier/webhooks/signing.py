"""What tells a receiver that we sent it (https://www.standardwebhooks.com): id, time, signatures over the bytes."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

from schemas.webhooks import DeliveryId, message_id


def signed_headers(secrets: Sequence[str], delivery_id: DeliveryId, at: float, body: str) -> dict[str, str]:
    """The three headers of an attempt at `at` (unix seconds): one signature for each of `secrets`, by a space."""
    name, moment = message_id(delivery_id), datetime.fromtimestamp(math.floor(at), UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(math.floor(at)),
        "webhook-signature": " ".join(Signer(secret).sign(name, moment, body) for secret in secrets),
    }
