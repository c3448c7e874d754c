"""Core requests to whichever dnssec-verifier is free: one question, one answer, or a refusal that says why not."""

from collections.abc import Callable
from typing import TypeVar

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from schemas.base import UNREADABLE, Wire, encode
from services.edge.context import Edge
from services.edge.web.refusal import Refusal

T = TypeVar("T")


async def ask_verifier(edge: Edge, subject: str, question: Wire, decode: Callable[[bytes], T], within_s: float) -> T:
    """The answer on `subject` to `question`; Refusal `dnssec-indeterminate` if there is none within `within_s`."""
    try:
        reply = await edge.bus.nc.request(subject, encode(question), timeout=within_s)
        return decode(reply.data)
    except NoRespondersError:
        raise Refusal("dnssec-indeterminate", "no dnssec-verifier is running") from None
    except (NatsError, *UNREADABLE):
        raise Refusal("dnssec-indeterminate", "the dnssec-verifier did not answer") from None
