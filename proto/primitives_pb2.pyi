from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

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

class Amount(_message.Message):
    __slots__ = ("msat",)
    MSAT_FIELD_NUMBER: _ClassVar[int]
    msat: int
    def __init__(self, msat: _Optional[int] = ...) -> None: ...
