from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChannelSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOCAL: _ClassVar[ChannelSide]
    REMOTE: _ClassVar[ChannelSide]

class ChannelState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    Openingd: _ClassVar[ChannelState]
    ChanneldAwaitingLockin: _ClassVar[ChannelState]
    ChanneldNormal: _ClassVar[ChannelState]
    ChanneldShuttingDown: _ClassVar[ChannelState]
    ClosingdSigexchange: _ClassVar[ChannelState]
    ClosingdComplete: _ClassVar[ChannelState]
    AwaitingUnilateral: _ClassVar[ChannelState]
    FundingSpendSeen: _ClassVar[ChannelState]
    Onchain: _ClassVar[ChannelState]
    DualopendOpenInit: _ClassVar[ChannelState]
    DualopendAwaitingLockin: _ClassVar[ChannelState]
    ChanneldAwaitingSplice: _ClassVar[ChannelState]
    DualopendOpenCommitted: _ClassVar[ChannelState]
    DualopendOpenCommittReady: _ClassVar[ChannelState]
    Closed: _ClassVar[ChannelState]

class HtlcState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SentAddHtlc: _ClassVar[HtlcState]
    SentAddCommit: _ClassVar[HtlcState]
    RcvdAddRevocation: _ClassVar[HtlcState]
    RcvdAddAckCommit: _ClassVar[HtlcState]
    SentAddAckRevocation: _ClassVar[HtlcState]
    RcvdAddAckRevocation: _ClassVar[HtlcState]
    RcvdRemoveHtlc: _ClassVar[HtlcState]
    RcvdRemoveCommit: _ClassVar[HtlcState]
    SentRemoveRevocation: _ClassVar[HtlcState]
    SentRemoveAckCommit: _ClassVar[HtlcState]
    RcvdRemoveAckRevocation: _ClassVar[HtlcState]
    RcvdAddHtlc: _ClassVar[HtlcState]
    RcvdAddCommit: _ClassVar[HtlcState]
    SentAddRevocation: _ClassVar[HtlcState]
    SentAddAckCommit: _ClassVar[HtlcState]
    SentRemoveHtlc: _ClassVar[HtlcState]
    SentRemoveCommit: _ClassVar[HtlcState]
    RcvdRemoveRevocation: _ClassVar[HtlcState]
    RcvdRemoveAckCommit: _ClassVar[HtlcState]
    SentRemoveAckRevocation: _ClassVar[HtlcState]
LOCAL: ChannelSide
REMOTE: ChannelSide
Openingd: ChannelState
ChanneldAwaitingLockin: ChannelState
ChanneldNormal: ChannelState
ChanneldShuttingDown: ChannelState
ClosingdSigexchange: ChannelState
ClosingdComplete: ChannelState
AwaitingUnilateral: ChannelState
FundingSpendSeen: ChannelState
Onchain: ChannelState
DualopendOpenInit: ChannelState
DualopendAwaitingLockin: ChannelState
ChanneldAwaitingSplice: ChannelState
DualopendOpenCommitted: ChannelState
DualopendOpenCommittReady: ChannelState
Closed: ChannelState
SentAddHtlc: HtlcState
SentAddCommit: HtlcState
RcvdAddRevocation: HtlcState
RcvdAddAckCommit: HtlcState
SentAddAckRevocation: HtlcState
RcvdAddAckRevocation: HtlcState
RcvdRemoveHtlc: HtlcState
RcvdRemoveCommit: HtlcState
SentRemoveRevocation: HtlcState
SentRemoveAckCommit: HtlcState
RcvdRemoveAckRevocation: HtlcState
RcvdAddHtlc: HtlcState
RcvdAddCommit: HtlcState
SentAddRevocation: HtlcState
SentAddAckCommit: HtlcState
SentRemoveHtlc: HtlcState
SentRemoveCommit: HtlcState
RcvdRemoveRevocation: HtlcState
RcvdRemoveAckCommit: HtlcState
SentRemoveAckRevocation: HtlcState

class Amount(_message.Message):
    __slots__ = ("msat",)
    MSAT_FIELD_NUMBER: _ClassVar[int]
    msat: int
    def __init__(self, msat: _Optional[int] = ...) -> None: ...

class AmountOrAny(_message.Message):
    __slots__ = ("amount", "any")
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ANY_FIELD_NUMBER: _ClassVar[int]
    amount: Amount
    any: bool
    def __init__(self, amount: _Optional[_Union[Amount, _Mapping]] = ..., any: _Optional[bool] = ...) -> None: ...
