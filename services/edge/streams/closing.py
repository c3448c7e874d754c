"""Why a stream is ended by us: one code each for a WebSocket, in the range RFC 6455 §7.4.2 leaves to applications.

A door without close codes says the same with the problem alone.
"""

from schemas.frames import ProblemFrame
from schemas.problems import PROBLEMS

BAD_FRAME = 4400
NOT_PROVEN = 4401
TOO_SLOW = 4008
NO_HELLO = 4408
TRY_LATER = 1013
GOING_AWAY = 1001


class Closing(Exception):
    """The stream has to end with `code`; `problem` is the row of `schemas.problems` that the client is told."""

    def __init__(self, code: int, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.detail = detail


def problem_frame(closing: Closing) -> ProblemFrame:
    """What the client is told before the end."""
    row = PROBLEMS[closing.problem]
    return ProblemFrame(
        code=row.code,
        title=row.title,
        detail=closing.detail or row.title,
        retryable=row.retryable or closing.code == TOO_SLOW,
    )
