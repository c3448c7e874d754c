"""How the edge says no: one exception, one rendering (RFC 9457), one code table (`schemas.problems`)."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from schemas.problems import PROBLEMS
from services.edge.web.problem import MEDIA_TYPE, ProblemDocument

RETRY_AFTER_S = 2


class Refusal(Exception):
    """The request is refused with `code`; `detail` is for a person and repeats no values the client sent.

    `headers` are added to the answer; `members` are extension members of the problem (RFC 9457 §3.2).
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code if code in PROBLEMS else "internal"
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    @property
    def status(self) -> int:
        """The HTTP status of its code."""
        return PROBLEMS[self.code].status


def problem_body(refusal: Refusal, trace_id: str) -> bytes:
    """The problem document of `refusal`."""
    row = PROBLEMS[refusal.code]
    document = ProblemDocument(
        type=f"urn:shopstr:problem:{row.code}",
        title=row.title,
        status=row.status,
        detail=refusal.detail or row.title,
        code=row.code,
        retryable=row.retryable,
        trace_id=trace_id,
    )
    return msgspec.json.encode({**msgspec.to_builtins(document), **refusal.members})


def problem_response(refusal: Refusal, trace_id: str) -> Response:
    """`refusal` as an answer; a 503 always says when to come back."""
    headers = {"Cache-Control": "no-store", **refusal.headers}
    if refusal.status == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    if refusal.status == 401:
        headers.setdefault("WWW-Authenticate", "Nostr")
    return Response(problem_body(refusal, trace_id), refusal.status, headers, MEDIA_TYPE)
