"""`GET /v1/webhooks/{id}/secret`: the signing secret, to its owner and to nobody's cache, log or stream (law 6).

A session does not do here: whoever reads this can speak to the receiver in our name.
"""

import msgspec
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from starlette.requests import Request
from starlette.responses import Response

from bus.client.connection import Bus
from bus.tables import subjects
from schemas.base import UNREADABLE, Wire, encode, utc_text
from schemas.webhooks import SecretRefused, SecretReply, SecretShown, SecretWanted
from services.edge.asking.changes import WEBHOOK_ID, webhook_id_of
from services.edge.callers.auth import prove, spend
from services.edge.context import Edge
from services.edge.web.answers import json_response
from services.edge.web.call import Gives, call
from services.edge.web.refusal import Refusal

ANSWER_WITHIN_S = 5.0
TRIES = 2


class SecretView(Wire, frozen=True, kw_only=True):
    """The secret that signs now, as `whsec_<base64>`; the one before it signs too until `previous_secret_until`."""

    secret: str
    secret_version: int
    previous_secret_until: str | None

    def __repr__(self) -> str:
        return f"SecretView(secret_version={self.secret_version})"


@call(
    "the secret that signs what is sent",
    Gives(200, SecretView, "the secret"),
    auth="owner",
    takes=(WEBHOOK_ID,),
    problems=("webhook-unknown", "webhooks-unavailable"),
)
async def get_secret(edge: Edge, request: Request) -> Response:
    """200 with the secret that signs now; Refusal `webhook-unknown`, `webhooks-unavailable`."""
    webhook_id = webhook_id_of(request)
    caller = prove(edge, request, "GET")
    await spend(edge, caller)
    if edge.sec is None:
        raise Refusal("webhooks-unavailable", "this mesh has no sealed transport: its bus runs without authentication")
    match await _ask(edge.sec, SecretWanted(owner=caller.owner, webhook_id=webhook_id)):
        case SecretShown(secret=secret, version=version, previous_until=until):
            previous = None if until is None or until <= edge.clock() else utc_text(until)
            return json_response(SecretView(secret=secret, secret_version=version, previous_secret_until=previous))
        case SecretRefused(code=code):
            raise Refusal(code)


async def _ask(sec: Bus, wanted: SecretWanted) -> SecretReply:
    for _ in range(TRIES):
        try:
            answer = await sec.nc.request(subjects.WEBHOOK_SECRET, encode(wanted), timeout=ANSWER_WITHIN_S)
            reply: SecretReply = msgspec.json.decode(answer.data, type=SecretReply)
        except NoRespondersError:
            raise Refusal("webhooks-unavailable", "no notifier with a webhook key is running") from None
        except (NatsError, *UNREADABLE):
            continue
        return reply
    raise Refusal("webhooks-unavailable", "the notifier did not answer")
