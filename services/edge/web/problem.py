"""The problem document (RFC 9457) that every refusal is, and which codes every call, or every call of a kind, has."""

from schemas.base import Wire

MEDIA_TYPE = "application/problem+json"


class ProblemDocument(Wire, frozen=True, kw_only=True):
    """Why a request was refused. `code` is stable (`type` is a URN of it), `detail` is for a person.

    `retryable`: the same request may succeed later. `trace_id` is also the answer's `X-Trace-Id`. Some codes add
    members of their own.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    trace_id: str


EVERY_PROBLEM = ("bad-request", "headers-too-large", "request-timeout", "bus-unavailable", "internal")

BODY_PROBLEMS = ("body-too-large", "unsupported-media-type", "malformed-json", "invalid-body")

AUTH_PROBLEMS = (
    "auth-missing",
    "auth-malformed",
    "auth-wrong-kind",
    "auth-wrong-url",
    "auth-wrong-method",
    "auth-wrong-payload",
    "auth-wrong-time",
    "auth-bad-signature",
    "auth-replayed",
)
