from proto import greenlight_pb2 as _greenlight_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChallengeScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTER: _ClassVar[ChallengeScope]
    RECOVER: _ClassVar[ChallengeScope]
REGISTER: ChallengeScope
RECOVER: ChallengeScope

class ChallengeRequest(_message.Message):
    __slots__ = ("scope", "node_id")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    scope: ChallengeScope
    node_id: bytes
    def __init__(self, scope: _Optional[_Union[ChallengeScope, str]] = ..., node_id: _Optional[bytes] = ...) -> None: ...

class ChallengeResponse(_message.Message):
    __slots__ = ("challenge",)
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    def __init__(self, challenge: _Optional[bytes] = ...) -> None: ...

class StartupMessage(_message.Message):
    __slots__ = ("request", "response")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    request: bytes
    response: bytes
    def __init__(self, request: _Optional[bytes] = ..., response: _Optional[bytes] = ...) -> None: ...

class RegistrationRequest(_message.Message):
    __slots__ = ("node_id", "bip32_key", "network", "challenge", "signature", "signer_proto", "init_msg", "csr", "invite_code", "startupmsgs")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    BIP32_KEY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_PROTO_FIELD_NUMBER: _ClassVar[int]
    INIT_MSG_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    INVITE_CODE_FIELD_NUMBER: _ClassVar[int]
    STARTUPMSGS_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    bip32_key: bytes
    network: str
    challenge: bytes
    signature: bytes
    signer_proto: str
    init_msg: bytes
    csr: bytes
    invite_code: str
    startupmsgs: _containers.RepeatedCompositeFieldContainer[StartupMessage]
    def __init__(self, node_id: _Optional[bytes] = ..., bip32_key: _Optional[bytes] = ..., network: _Optional[str] = ..., challenge: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., signer_proto: _Optional[str] = ..., init_msg: _Optional[bytes] = ..., csr: _Optional[bytes] = ..., invite_code: _Optional[str] = ..., startupmsgs: _Optional[_Iterable[_Union[StartupMessage, _Mapping]]] = ...) -> None: ...

class RegistrationResponse(_message.Message):
    __slots__ = ("device_cert", "device_key", "rune", "creds")
    DEVICE_CERT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_KEY_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    CREDS_FIELD_NUMBER: _ClassVar[int]
    device_cert: str
    device_key: str
    rune: str
    creds: bytes
    def __init__(self, device_cert: _Optional[str] = ..., device_key: _Optional[str] = ..., rune: _Optional[str] = ..., creds: _Optional[bytes] = ...) -> None: ...

class RecoveryRequest(_message.Message):
    __slots__ = ("challenge", "signature", "node_id", "csr")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    signature: bytes
    node_id: bytes
    csr: bytes
    def __init__(self, challenge: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., node_id: _Optional[bytes] = ..., csr: _Optional[bytes] = ...) -> None: ...

class RecoveryResponse(_message.Message):
    __slots__ = ("device_cert", "device_key", "rune", "creds")
    DEVICE_CERT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_KEY_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    CREDS_FIELD_NUMBER: _ClassVar[int]
    device_cert: str
    device_key: str
    rune: str
    creds: bytes
    def __init__(self, device_cert: _Optional[str] = ..., device_key: _Optional[str] = ..., rune: _Optional[str] = ..., creds: _Optional[bytes] = ...) -> None: ...

class ScheduleRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    def __init__(self, node_id: _Optional[bytes] = ...) -> None: ...

class NodeInfoRequest(_message.Message):
    __slots__ = ("node_id", "wait")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    wait: bool
    def __init__(self, node_id: _Optional[bytes] = ..., wait: _Optional[bool] = ...) -> None: ...

class NodeInfoResponse(_message.Message):
    __slots__ = ("node_id", "grpc_uri", "session_id")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    GRPC_URI_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    grpc_uri: str
    session_id: int
    def __init__(self, node_id: _Optional[bytes] = ..., grpc_uri: _Optional[str] = ..., session_id: _Optional[int] = ...) -> None: ...

class UpgradeRequest(_message.Message):
    __slots__ = ("signer_version", "initmsg", "startupmsgs")
    SIGNER_VERSION_FIELD_NUMBER: _ClassVar[int]
    INITMSG_FIELD_NUMBER: _ClassVar[int]
    STARTUPMSGS_FIELD_NUMBER: _ClassVar[int]
    signer_version: str
    initmsg: bytes
    startupmsgs: _containers.RepeatedCompositeFieldContainer[StartupMessage]
    def __init__(self, signer_version: _Optional[str] = ..., initmsg: _Optional[bytes] = ..., startupmsgs: _Optional[_Iterable[_Union[StartupMessage, _Mapping]]] = ...) -> None: ...

class UpgradeResponse(_message.Message):
    __slots__ = ("old_version",)
    OLD_VERSION_FIELD_NUMBER: _ClassVar[int]
    old_version: str
    def __init__(self, old_version: _Optional[str] = ...) -> None: ...

class ListInviteCodesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InviteCode(_message.Message):
    __slots__ = ("code", "is_redeemed")
    CODE_FIELD_NUMBER: _ClassVar[int]
    IS_REDEEMED_FIELD_NUMBER: _ClassVar[int]
    code: str
    is_redeemed: bool
    def __init__(self, code: _Optional[str] = ..., is_redeemed: _Optional[bool] = ...) -> None: ...

class ListInviteCodesResponse(_message.Message):
    __slots__ = ("invite_code_list",)
    INVITE_CODE_LIST_FIELD_NUMBER: _ClassVar[int]
    invite_code_list: _containers.RepeatedCompositeFieldContainer[InviteCode]
    def __init__(self, invite_code_list: _Optional[_Iterable[_Union[InviteCode, _Mapping]]] = ...) -> None: ...

class ExportNodeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportNodeResponse(_message.Message):
    __slots__ = ("url",)
    URL_FIELD_NUMBER: _ClassVar[int]
    url: str
    def __init__(self, url: _Optional[str] = ...) -> None: ...

class SignerRejection(_message.Message):
    __slots__ = ("msg", "request", "git_version", "node_id")
    MSG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    GIT_VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    msg: str
    request: _greenlight_pb2.HsmRequest
    git_version: str
    node_id: bytes
    def __init__(self, msg: _Optional[str] = ..., request: _Optional[_Union[_greenlight_pb2.HsmRequest, _Mapping]] = ..., git_version: _Optional[str] = ..., node_id: _Optional[bytes] = ...) -> None: ...

class PairDeviceRequest(_message.Message):
    __slots__ = ("device_id", "csr", "device_name", "description", "restrictions")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    RESTRICTIONS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    csr: bytes
    device_name: str
    description: str
    restrictions: str
    def __init__(self, device_id: _Optional[str] = ..., csr: _Optional[bytes] = ..., device_name: _Optional[str] = ..., description: _Optional[str] = ..., restrictions: _Optional[str] = ...) -> None: ...

class PairDeviceResponse(_message.Message):
    __slots__ = ("device_id", "device_cert", "device_key", "rune", "creds")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_CERT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_KEY_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    CREDS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    device_cert: str
    device_key: str
    rune: str
    creds: bytes
    def __init__(self, device_id: _Optional[str] = ..., device_cert: _Optional[str] = ..., device_key: _Optional[str] = ..., rune: _Optional[str] = ..., creds: _Optional[bytes] = ...) -> None: ...

class GetPairingDataRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class GetPairingDataResponse(_message.Message):
    __slots__ = ("device_id", "csr", "device_name", "description", "restrictions")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CSR_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    RESTRICTIONS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    csr: bytes
    device_name: str
    description: str
    restrictions: str
    def __init__(self, device_id: _Optional[str] = ..., csr: _Optional[bytes] = ..., device_name: _Optional[str] = ..., description: _Optional[str] = ..., restrictions: _Optional[str] = ...) -> None: ...

class ApprovePairingRequest(_message.Message):
    __slots__ = ("device_id", "timestamp", "device_name", "restrictions", "sig", "pubkey", "rune")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    RESTRICTIONS_FIELD_NUMBER: _ClassVar[int]
    SIG_FIELD_NUMBER: _ClassVar[int]
    PUBKEY_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    timestamp: int
    device_name: str
    restrictions: str
    sig: bytes
    pubkey: bytes
    rune: str
    def __init__(self, device_id: _Optional[str] = ..., timestamp: _Optional[int] = ..., device_name: _Optional[str] = ..., restrictions: _Optional[str] = ..., sig: _Optional[bytes] = ..., pubkey: _Optional[bytes] = ..., rune: _Optional[str] = ...) -> None: ...

class ApprovePairingResponse(_message.Message):
    __slots__ = ("device_id", "node_id", "rune")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    RUNE_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    node_id: bytes
    rune: str
    def __init__(self, device_id: _Optional[str] = ..., node_id: _Optional[bytes] = ..., rune: _Optional[str] = ...) -> None: ...

class SignerRequest(_message.Message):
    __slots__ = ("request_id", "approve_pairing")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVE_PAIRING_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    approve_pairing: ApprovePairingRequest
    def __init__(self, request_id: _Optional[int] = ..., approve_pairing: _Optional[_Union[ApprovePairingRequest, _Mapping]] = ...) -> None: ...

class SignerResponse(_message.Message):
    __slots__ = ("request_id", "empty", "approve_pairing")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EMPTY_FIELD_NUMBER: _ClassVar[int]
    APPROVE_PAIRING_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    empty: _greenlight_pb2.Empty
    approve_pairing: ApprovePairingResponse
    def __init__(self, request_id: _Optional[int] = ..., empty: _Optional[_Union[_greenlight_pb2.Empty, _Mapping]] = ..., approve_pairing: _Optional[_Union[ApprovePairingResponse, _Mapping]] = ...) -> None: ...

class AddOutgoingWebhookRequest(_message.Message):
    __slots__ = ("node_id", "uri")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    uri: str
    def __init__(self, node_id: _Optional[bytes] = ..., uri: _Optional[str] = ...) -> None: ...

class AddOutgoingWebhookResponse(_message.Message):
    __slots__ = ("id", "secret")
    ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    id: int
    secret: str
    def __init__(self, id: _Optional[int] = ..., secret: _Optional[str] = ...) -> None: ...

class ListOutgoingWebhooksRequest(_message.Message):
    __slots__ = ("node_id",)
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    def __init__(self, node_id: _Optional[bytes] = ...) -> None: ...

class Webhook(_message.Message):
    __slots__ = ("id", "uri")
    ID_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    id: int
    uri: str
    def __init__(self, id: _Optional[int] = ..., uri: _Optional[str] = ...) -> None: ...

class ListOutgoingWebhooksResponse(_message.Message):
    __slots__ = ("outgoing_webhooks",)
    OUTGOING_WEBHOOKS_FIELD_NUMBER: _ClassVar[int]
    outgoing_webhooks: _containers.RepeatedCompositeFieldContainer[Webhook]
    def __init__(self, outgoing_webhooks: _Optional[_Iterable[_Union[Webhook, _Mapping]]] = ...) -> None: ...

class DeleteOutgoingWebhooksRequest(_message.Message):
    __slots__ = ("node_id", "ids")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, node_id: _Optional[bytes] = ..., ids: _Optional[_Iterable[int]] = ...) -> None: ...

class RotateOutgoingWebhookSecretRequest(_message.Message):
    __slots__ = ("node_id", "webhook_id")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_ID_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    webhook_id: int
    def __init__(self, node_id: _Optional[bytes] = ..., webhook_id: _Optional[int] = ...) -> None: ...

class WebhookSecretResponse(_message.Message):
    __slots__ = ("secret",)
    SECRET_FIELD_NUMBER: _ClassVar[int]
    secret: str
    def __init__(self, secret: _Optional[str] = ...) -> None: ...
