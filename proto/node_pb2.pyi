from proto import primitives_pb2 as _primitives_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetinfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetinfoOurFeatures(_message.Message):
    __slots__ = ("init", "node", "channel", "invoice")
    INIT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    INVOICE_FIELD_NUMBER: _ClassVar[int]
    init: bytes
    node: bytes
    channel: bytes
    invoice: bytes
    def __init__(self, init: _Optional[bytes] = ..., node: _Optional[bytes] = ..., channel: _Optional[bytes] = ..., invoice: _Optional[bytes] = ...) -> None: ...

class GetinfoResponse(_message.Message):
    __slots__ = ("id", "alias", "color", "num_peers", "num_pending_channels", "num_active_channels", "num_inactive_channels", "version", "lightning_dir", "our_features", "blockheight", "network", "fees_collected_msat", "warning_bitcoind_sync", "warning_lightningd_sync")
    ID_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    NUM_PEERS_FIELD_NUMBER: _ClassVar[int]
    NUM_PENDING_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NUM_ACTIVE_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NUM_INACTIVE_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LIGHTNING_DIR_FIELD_NUMBER: _ClassVar[int]
    OUR_FEATURES_FIELD_NUMBER: _ClassVar[int]
    BLOCKHEIGHT_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    FEES_COLLECTED_MSAT_FIELD_NUMBER: _ClassVar[int]
    WARNING_BITCOIND_SYNC_FIELD_NUMBER: _ClassVar[int]
    WARNING_LIGHTNINGD_SYNC_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    alias: str
    color: bytes
    num_peers: int
    num_pending_channels: int
    num_active_channels: int
    num_inactive_channels: int
    version: str
    lightning_dir: str
    our_features: GetinfoOurFeatures
    blockheight: int
    network: str
    fees_collected_msat: _primitives_pb2.Amount
    warning_bitcoind_sync: str
    warning_lightningd_sync: str
    def __init__(self, id: _Optional[bytes] = ..., alias: _Optional[str] = ..., color: _Optional[bytes] = ..., num_peers: _Optional[int] = ..., num_pending_channels: _Optional[int] = ..., num_active_channels: _Optional[int] = ..., num_inactive_channels: _Optional[int] = ..., version: _Optional[str] = ..., lightning_dir: _Optional[str] = ..., our_features: _Optional[_Union[GetinfoOurFeatures, _Mapping]] = ..., blockheight: _Optional[int] = ..., network: _Optional[str] = ..., fees_collected_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., warning_bitcoind_sync: _Optional[str] = ..., warning_lightningd_sync: _Optional[str] = ...) -> None: ...

class StopRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StopResponse(_message.Message):
    __slots__ = ("result",)
    class StopResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SHUTDOWN_COMPLETE: _ClassVar[StopResponse.StopResult]
    SHUTDOWN_COMPLETE: StopResponse.StopResult
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: StopResponse.StopResult
    def __init__(self, result: _Optional[_Union[StopResponse.StopResult, str]] = ...) -> None: ...

class OfferRequest(_message.Message):
    __slots__ = ("amount", "description", "issuer", "label", "quantity_max", "absolute_expiry", "recurrence", "recurrence_base", "recurrence_paywindow", "recurrence_limit", "single_use", "proportional_amount", "optional_recurrence", "fronting_nodes")
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MAX_FIELD_NUMBER: _ClassVar[int]
    ABSOLUTE_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_BASE_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_PAYWINDOW_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    SINGLE_USE_FIELD_NUMBER: _ClassVar[int]
    PROPORTIONAL_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_RECURRENCE_FIELD_NUMBER: _ClassVar[int]
    FRONTING_NODES_FIELD_NUMBER: _ClassVar[int]
    amount: str
    description: str
    issuer: str
    label: str
    quantity_max: int
    absolute_expiry: int
    recurrence: str
    recurrence_base: str
    recurrence_paywindow: str
    recurrence_limit: int
    single_use: bool
    proportional_amount: bool
    optional_recurrence: bool
    fronting_nodes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, amount: _Optional[str] = ..., description: _Optional[str] = ..., issuer: _Optional[str] = ..., label: _Optional[str] = ..., quantity_max: _Optional[int] = ..., absolute_expiry: _Optional[int] = ..., recurrence: _Optional[str] = ..., recurrence_base: _Optional[str] = ..., recurrence_paywindow: _Optional[str] = ..., recurrence_limit: _Optional[int] = ..., single_use: _Optional[bool] = ..., proportional_amount: _Optional[bool] = ..., optional_recurrence: _Optional[bool] = ..., fronting_nodes: _Optional[_Iterable[bytes]] = ...) -> None: ...

class OfferResponse(_message.Message):
    __slots__ = ("offer_id", "active", "single_use", "bolt12", "used", "created", "label", "force_paths")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_USE_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    FORCE_PATHS_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    active: bool
    single_use: bool
    bolt12: str
    used: bool
    created: bool
    label: str
    force_paths: bool
    def __init__(self, offer_id: _Optional[bytes] = ..., active: _Optional[bool] = ..., single_use: _Optional[bool] = ..., bolt12: _Optional[str] = ..., used: _Optional[bool] = ..., created: _Optional[bool] = ..., label: _Optional[str] = ..., force_paths: _Optional[bool] = ...) -> None: ...

class ListoffersRequest(_message.Message):
    __slots__ = ("offer_id", "active_only")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    active_only: bool
    def __init__(self, offer_id: _Optional[bytes] = ..., active_only: _Optional[bool] = ...) -> None: ...

class ListoffersOffers(_message.Message):
    __slots__ = ("offer_id", "active", "single_use", "bolt12", "used", "label", "description", "force_paths")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_USE_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FORCE_PATHS_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    active: bool
    single_use: bool
    bolt12: str
    used: bool
    label: str
    description: str
    force_paths: bool
    def __init__(self, offer_id: _Optional[bytes] = ..., active: _Optional[bool] = ..., single_use: _Optional[bool] = ..., bolt12: _Optional[str] = ..., used: _Optional[bool] = ..., label: _Optional[str] = ..., description: _Optional[str] = ..., force_paths: _Optional[bool] = ...) -> None: ...

class ListoffersResponse(_message.Message):
    __slots__ = ("offers",)
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[ListoffersOffers]
    def __init__(self, offers: _Optional[_Iterable[_Union[ListoffersOffers, _Mapping]]] = ...) -> None: ...

class DisableofferRequest(_message.Message):
    __slots__ = ("offer_id",)
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    def __init__(self, offer_id: _Optional[bytes] = ...) -> None: ...

class DisableofferResponse(_message.Message):
    __slots__ = ("offer_id", "active", "single_use", "bolt12", "used", "label", "description", "force_paths")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_USE_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FORCE_PATHS_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    active: bool
    single_use: bool
    bolt12: str
    used: bool
    label: str
    description: str
    force_paths: bool
    def __init__(self, offer_id: _Optional[bytes] = ..., active: _Optional[bool] = ..., single_use: _Optional[bool] = ..., bolt12: _Optional[str] = ..., used: _Optional[bool] = ..., label: _Optional[str] = ..., description: _Optional[str] = ..., force_paths: _Optional[bool] = ...) -> None: ...

class EnableofferRequest(_message.Message):
    __slots__ = ("offer_id",)
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    def __init__(self, offer_id: _Optional[bytes] = ...) -> None: ...

class EnableofferResponse(_message.Message):
    __slots__ = ("offer_id", "active", "single_use", "bolt12", "used", "label", "description", "force_paths")
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_USE_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FORCE_PATHS_FIELD_NUMBER: _ClassVar[int]
    offer_id: bytes
    active: bool
    single_use: bool
    bolt12: str
    used: bool
    label: str
    description: str
    force_paths: bool
    def __init__(self, offer_id: _Optional[bytes] = ..., active: _Optional[bool] = ..., single_use: _Optional[bool] = ..., bolt12: _Optional[str] = ..., used: _Optional[bool] = ..., label: _Optional[str] = ..., description: _Optional[str] = ..., force_paths: _Optional[bool] = ...) -> None: ...

class ListpeersRequest(_message.Message):
    __slots__ = ("id", "level")
    class ListpeersLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IO: _ClassVar[ListpeersRequest.ListpeersLevel]
        DEBUG: _ClassVar[ListpeersRequest.ListpeersLevel]
        INFO: _ClassVar[ListpeersRequest.ListpeersLevel]
        UNUSUAL: _ClassVar[ListpeersRequest.ListpeersLevel]
        TRACE: _ClassVar[ListpeersRequest.ListpeersLevel]
    IO: ListpeersRequest.ListpeersLevel
    DEBUG: ListpeersRequest.ListpeersLevel
    INFO: ListpeersRequest.ListpeersLevel
    UNUSUAL: ListpeersRequest.ListpeersLevel
    TRACE: ListpeersRequest.ListpeersLevel
    ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    level: ListpeersRequest.ListpeersLevel
    def __init__(self, id: _Optional[bytes] = ..., level: _Optional[_Union[ListpeersRequest.ListpeersLevel, str]] = ...) -> None: ...

class ListpeersPeers(_message.Message):
    __slots__ = ("id", "connected", "netaddr", "features", "remote_addr", "num_channels")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    NETADDR_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ADDR_FIELD_NUMBER: _ClassVar[int]
    NUM_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    connected: bool
    netaddr: _containers.RepeatedScalarFieldContainer[str]
    features: bytes
    remote_addr: str
    num_channels: int
    def __init__(self, id: _Optional[bytes] = ..., connected: _Optional[bool] = ..., netaddr: _Optional[_Iterable[str]] = ..., features: _Optional[bytes] = ..., remote_addr: _Optional[str] = ..., num_channels: _Optional[int] = ...) -> None: ...

class ListpeersResponse(_message.Message):
    __slots__ = ("peers",)
    PEERS_FIELD_NUMBER: _ClassVar[int]
    peers: _containers.RepeatedCompositeFieldContainer[ListpeersPeers]
    def __init__(self, peers: _Optional[_Iterable[_Union[ListpeersPeers, _Mapping]]] = ...) -> None: ...

class ListpeerchannelsRequest(_message.Message):
    __slots__ = ("id", "short_channel_id", "channel_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    SHORT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    short_channel_id: str
    channel_id: bytes
    def __init__(self, id: _Optional[bytes] = ..., short_channel_id: _Optional[str] = ..., channel_id: _Optional[bytes] = ...) -> None: ...

class ListpeerchannelsChannels(_message.Message):
    __slots__ = ("peer_id", "peer_connected", "state", "short_channel_id", "channel_id", "private", "opener", "to_us_msat", "total_msat", "spendable_msat", "receivable_msat", "reestablished")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    PEER_CONNECTED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SHORT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_FIELD_NUMBER: _ClassVar[int]
    OPENER_FIELD_NUMBER: _ClassVar[int]
    TO_US_MSAT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MSAT_FIELD_NUMBER: _ClassVar[int]
    SPENDABLE_MSAT_FIELD_NUMBER: _ClassVar[int]
    RECEIVABLE_MSAT_FIELD_NUMBER: _ClassVar[int]
    REESTABLISHED_FIELD_NUMBER: _ClassVar[int]
    peer_id: bytes
    peer_connected: bool
    state: _primitives_pb2.ChannelState
    short_channel_id: str
    channel_id: bytes
    private: bool
    opener: _primitives_pb2.ChannelSide
    to_us_msat: _primitives_pb2.Amount
    total_msat: _primitives_pb2.Amount
    spendable_msat: _primitives_pb2.Amount
    receivable_msat: _primitives_pb2.Amount
    reestablished: bool
    def __init__(self, peer_id: _Optional[bytes] = ..., peer_connected: _Optional[bool] = ..., state: _Optional[_Union[_primitives_pb2.ChannelState, str]] = ..., short_channel_id: _Optional[str] = ..., channel_id: _Optional[bytes] = ..., private: _Optional[bool] = ..., opener: _Optional[_Union[_primitives_pb2.ChannelSide, str]] = ..., to_us_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., total_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., spendable_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., receivable_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., reestablished: _Optional[bool] = ...) -> None: ...

class ListpeerchannelsResponse(_message.Message):
    __slots__ = ("channels",)
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedCompositeFieldContainer[ListpeerchannelsChannels]
    def __init__(self, channels: _Optional[_Iterable[_Union[ListpeerchannelsChannels, _Mapping]]] = ...) -> None: ...

class ListfundsRequest(_message.Message):
    __slots__ = ("spent",)
    SPENT_FIELD_NUMBER: _ClassVar[int]
    spent: bool
    def __init__(self, spent: _Optional[bool] = ...) -> None: ...

class ListfundsOutputs(_message.Message):
    __slots__ = ("txid", "output", "amount_msat", "scriptpubkey", "address", "status", "reserved")
    class ListfundsOutputsStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNCONFIRMED: _ClassVar[ListfundsOutputs.ListfundsOutputsStatus]
        CONFIRMED: _ClassVar[ListfundsOutputs.ListfundsOutputsStatus]
        SPENT: _ClassVar[ListfundsOutputs.ListfundsOutputsStatus]
        IMMATURE: _ClassVar[ListfundsOutputs.ListfundsOutputsStatus]
    UNCONFIRMED: ListfundsOutputs.ListfundsOutputsStatus
    CONFIRMED: ListfundsOutputs.ListfundsOutputsStatus
    SPENT: ListfundsOutputs.ListfundsOutputsStatus
    IMMATURE: ListfundsOutputs.ListfundsOutputsStatus
    TXID_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    SCRIPTPUBKEY_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    txid: bytes
    output: int
    amount_msat: _primitives_pb2.Amount
    scriptpubkey: bytes
    address: str
    status: ListfundsOutputs.ListfundsOutputsStatus
    reserved: bool
    def __init__(self, txid: _Optional[bytes] = ..., output: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., scriptpubkey: _Optional[bytes] = ..., address: _Optional[str] = ..., status: _Optional[_Union[ListfundsOutputs.ListfundsOutputsStatus, str]] = ..., reserved: _Optional[bool] = ...) -> None: ...

class ListfundsResponse(_message.Message):
    __slots__ = ("outputs",)
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    outputs: _containers.RepeatedCompositeFieldContainer[ListfundsOutputs]
    def __init__(self, outputs: _Optional[_Iterable[_Union[ListfundsOutputs, _Mapping]]] = ...) -> None: ...
