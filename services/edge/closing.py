"""Why a WebSocket is closed: one code each, in the range RFC 6455 §7.4.2 leaves to applications."""

BAD_FRAME = 4400
NOT_PROVEN = 4401
TOO_SLOW = 4008
NO_HELLO = 4408
TRY_LATER = 1013
GOING_AWAY = 1001


class Closing(Exception):
    """The socket has to be closed with `code`; `problem` is the row of `schemas.problems` that the client is told."""

    def __init__(self, code: int, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.detail = detail
