"""Asking a dnssec-verifier whether a zone may be changed now: request and reply of `bus.tables.subjects.ZONE_LOOK`."""

from schemas.base import Wire
from schemas.flows import FlowName
from schemas.zones import Ds


class ZoneLook(Wire, frozen=True, kw_only=True):
    """The question: is the gate `step` of `flow` open for `zone`, whose DS is or was `former` and is to be `ds`?"""

    zone: str
    flow: FlowName
    step: str
    former: tuple[Ds, ...] = ()
    ds: tuple[Ds, ...] = ()


class ZoneLooked(Wire, frozen=True, kw_only=True):
    """Whether it is, by a look of this moment at every address; `detail` says what is missing."""

    is_open: bool
    detail: str
