from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Empty(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Amount(_message.Message):
    __slots__ = ("millisatoshi", "satoshi")
    MILLISATOSHI_FIELD_NUMBER: _ClassVar[int]
    SATOSHI_FIELD_NUMBER: _ClassVar[int]
    millisatoshi: int
    satoshi: int
    def __init__(self, millisatoshi: _Optional[int] = ..., satoshi: _Optional[int] = ...) -> None: ...

class StreamIncomingFilter(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OffChainPayment(_message.Message):
    __slots__ = ("label", "amount", "payment_hash", "bolt11")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    label: str
    amount: Amount
    payment_hash: bytes
    bolt11: str
    def __init__(self, label: _Optional[str] = ..., amount: _Optional[_Union[Amount, _Mapping]] = ..., payment_hash: _Optional[bytes] = ..., bolt11: _Optional[str] = ...) -> None: ...

class IncomingPayment(_message.Message):
    __slots__ = ("offchain",)
    OFFCHAIN_FIELD_NUMBER: _ClassVar[int]
    offchain: OffChainPayment
    def __init__(self, offchain: _Optional[_Union[OffChainPayment, _Mapping]] = ...) -> None: ...

class HsmRequestContext(_message.Message):
    __slots__ = ("node_id", "dbid", "capabilities")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    DBID_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    dbid: int
    capabilities: int
    def __init__(self, node_id: _Optional[bytes] = ..., dbid: _Optional[int] = ..., capabilities: _Optional[int] = ...) -> None: ...

class SignerStateEntry(_message.Message):
    __slots__ = ("version", "key", "value", "signature")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    version: int
    key: str
    value: bytes
    signature: bytes
    def __init__(self, version: _Optional[int] = ..., key: _Optional[str] = ..., value: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class PendingRequest(_message.Message):
    __slots__ = ("request", "uri", "signature", "pubkey", "timestamp", "rune")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PUBKEY_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    request: bytes
    uri: str
    signature: bytes
    pubkey: bytes
    timestamp: int
    rune: bytes
    def __init__(self, request: _Optional[bytes] = ..., uri: _Optional[str] = ..., signature: _Optional[bytes] = ..., pubkey: _Optional[bytes] = ..., timestamp: _Optional[int] = ..., rune: _Optional[bytes] = ...) -> None: ...

class HsmRequest(_message.Message):
    __slots__ = ("request_id", "context", "raw", "signer_state", "requests")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    SIGNER_STATE_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    context: HsmRequestContext
    raw: bytes
    signer_state: _containers.RepeatedCompositeFieldContainer[SignerStateEntry]
    requests: _containers.RepeatedCompositeFieldContainer[PendingRequest]
    def __init__(self, request_id: _Optional[int] = ..., context: _Optional[_Union[HsmRequestContext, _Mapping]] = ..., raw: _Optional[bytes] = ..., signer_state: _Optional[_Iterable[_Union[SignerStateEntry, _Mapping]]] = ..., requests: _Optional[_Iterable[_Union[PendingRequest, _Mapping]]] = ...) -> None: ...

class HsmResponse(_message.Message):
    __slots__ = ("request_id", "raw", "signer_state", "error")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    SIGNER_STATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    raw: bytes
    signer_state: _containers.RepeatedCompositeFieldContainer[SignerStateEntry]
    error: str
    def __init__(self, request_id: _Optional[int] = ..., raw: _Optional[bytes] = ..., signer_state: _Optional[_Iterable[_Union[SignerStateEntry, _Mapping]]] = ..., error: _Optional[str] = ...) -> None: ...
