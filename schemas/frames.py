"""The frames of `/v1/ws`: JSON texts told apart by `op`. `/v1/events` sends the edge's frames too, as they are here.

A client says `hello` first, then `ack` (cumulative) and `pong` as it likes. The edge says `ready` once, then `msg`,
`gap`, `ping`, and `problem` right before it closes.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.base import Wire
from schemas.ids import OpId
from schemas.notifications import Notification

Sequence = Annotated[int, Meta(ge=0, lt=1 << 53)]
Device = Annotated[str, Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]
"""What an owner calls one of the places it reads its log at."""


class ClientFrame(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="op", forbid_unknown_fields=True
):
    """Base of what a client may send."""


class Hello(ClientFrame, frozen=True, kw_only=True, tag="hello"):
    """Who is there, and the last sequence it has (0: nothing, send all that is kept).

    `token` is a NIP-98 event in base64 for GET of the socket's URL, `session` the token of a session; neither is needed
    if the upgrade carried one as a header. `device` names a cursor that acks move; without `last_seq` the device goes
    on after its cursor.
    """

    token: Annotated[str, Meta(max_length=8192)] | None = None
    session: Annotated[str, Meta(max_length=128)] | None = None
    device: Device | None = None
    last_seq: Sequence | None = None

    def __repr__(self) -> str:
        return f"Hello(device={self.device}, last_seq={self.last_seq})"


class Ack(ClientFrame, frozen=True, kw_only=True, tag="ack"):
    """Everything up to `seq` was taken in."""

    seq: Sequence


class Pong(ClientFrame, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping; nobody insists on it."""


AnyClientFrame = Hello | Ack | Pong


class ServerFrame(Wire, frozen=True, kw_only=True, tag_field="op"):
    """Base of what the edge sends."""


class Ready(ServerFrame, frozen=True, kw_only=True, tag="ready"):
    """The client is known; `head` is the newest sequence of its log (0: empty)."""

    head: int


class Msg(ServerFrame, frozen=True, kw_only=True, tag="msg"):
    """One notification (schemas.notifications) at `seq`; the frame before it ended at `prev`. `operation` is its op."""

    seq: int
    prev: int
    id: str
    type: str
    operation: OpId
    at: str
    data: dict[str, object]
    code: str | None


class GapFrame(ServerFrame, frozen=True, kw_only=True, tag="gap", rename={"first": "from", "last": "to"}):
    """What was in `from..to` (inclusive; `to` null: unknown) is no longer kept: fetch the state again."""

    first: int
    last: int | None


class Ping(ServerFrame, frozen=True, kw_only=True, tag="ping"):
    """The edge is there; a client that hears nothing for a minute should connect anew."""


class ProblemFrame(ServerFrame, frozen=True, kw_only=True, tag="problem"):
    """Why the socket is being closed."""

    code: str
    title: str
    detail: str
    retryable: bool


AnyServerFrame = Ready | Msg | GapFrame | Ping | ProblemFrame


def msg_frame(seq: int, prev: int, notification: Notification) -> Msg:
    """`notification` as the frame that covers `(prev, seq]`."""
    return Msg(
        seq=seq,
        prev=prev,
        id=notification.id,
        type=notification.type,
        operation=notification.op,
        at=notification.at,
        data=notification.data,
        code=notification.code,
    )
