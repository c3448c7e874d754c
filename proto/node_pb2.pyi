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

class ListnodesRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    def __init__(self, id: _Optional[bytes] = ...) -> None: ...

class ListnodesNodesAddresses(_message.Message):
    __slots__ = ("item_type", "port", "address")
    class ListnodesNodesAddressesType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DNS: _ClassVar[ListnodesNodesAddresses.ListnodesNodesAddressesType]
        IPV4: _ClassVar[ListnodesNodesAddresses.ListnodesNodesAddressesType]
        IPV6: _ClassVar[ListnodesNodesAddresses.ListnodesNodesAddressesType]
        TORV2: _ClassVar[ListnodesNodesAddresses.ListnodesNodesAddressesType]
        TORV3: _ClassVar[ListnodesNodesAddresses.ListnodesNodesAddressesType]
    DNS: ListnodesNodesAddresses.ListnodesNodesAddressesType
    IPV4: ListnodesNodesAddresses.ListnodesNodesAddressesType
    IPV6: ListnodesNodesAddresses.ListnodesNodesAddressesType
    TORV2: ListnodesNodesAddresses.ListnodesNodesAddressesType
    TORV3: ListnodesNodesAddresses.ListnodesNodesAddressesType
    ITEM_TYPE_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    item_type: ListnodesNodesAddresses.ListnodesNodesAddressesType
    port: int
    address: str
    def __init__(self, item_type: _Optional[_Union[ListnodesNodesAddresses.ListnodesNodesAddressesType, str]] = ..., port: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class ListnodesNodes(_message.Message):
    __slots__ = ("nodeid", "last_timestamp", "alias", "color", "features", "addresses")
    NODEID_FIELD_NUMBER: _ClassVar[int]
    LAST_TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    COLOR_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    nodeid: bytes
    last_timestamp: int
    alias: str
    color: bytes
    features: bytes
    addresses: _containers.RepeatedCompositeFieldContainer[ListnodesNodesAddresses]
    def __init__(self, nodeid: _Optional[bytes] = ..., last_timestamp: _Optional[int] = ..., alias: _Optional[str] = ..., color: _Optional[bytes] = ..., features: _Optional[bytes] = ..., addresses: _Optional[_Iterable[_Union[ListnodesNodesAddresses, _Mapping]]] = ...) -> None: ...

class ListnodesResponse(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[ListnodesNodes]
    def __init__(self, nodes: _Optional[_Iterable[_Union[ListnodesNodes, _Mapping]]] = ...) -> None: ...

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

class ListpeerchannelsChannelsHtlcs(_message.Message):
    __slots__ = ("direction", "id", "amount_msat", "expiry", "payment_hash", "local_trimmed", "status", "state")
    class ListpeerchannelsChannelsHtlcsDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        IN: _ClassVar[ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection]
        OUT: _ClassVar[ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection]
    IN: ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection
    OUT: ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TRIMMED_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    direction: ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection
    id: int
    amount_msat: _primitives_pb2.Amount
    expiry: int
    payment_hash: bytes
    local_trimmed: bool
    status: str
    state: _primitives_pb2.HtlcState
    def __init__(self, direction: _Optional[_Union[ListpeerchannelsChannelsHtlcs.ListpeerchannelsChannelsHtlcsDirection, str]] = ..., id: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., expiry: _Optional[int] = ..., payment_hash: _Optional[bytes] = ..., local_trimmed: _Optional[bool] = ..., status: _Optional[str] = ..., state: _Optional[_Union[_primitives_pb2.HtlcState, str]] = ...) -> None: ...

class ListpeerchannelsChannels(_message.Message):
    __slots__ = ("peer_id", "peer_connected", "state", "short_channel_id", "channel_id", "private", "opener", "to_us_msat", "total_msat", "spendable_msat", "receivable_msat", "htlcs", "reestablished")
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
    HTLCS_FIELD_NUMBER: _ClassVar[int]
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
    htlcs: _containers.RepeatedCompositeFieldContainer[ListpeerchannelsChannelsHtlcs]
    reestablished: bool
    def __init__(self, peer_id: _Optional[bytes] = ..., peer_connected: _Optional[bool] = ..., state: _Optional[_Union[_primitives_pb2.ChannelState, str]] = ..., short_channel_id: _Optional[str] = ..., channel_id: _Optional[bytes] = ..., private: _Optional[bool] = ..., opener: _Optional[_Union[_primitives_pb2.ChannelSide, str]] = ..., to_us_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., total_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., spendable_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., receivable_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., htlcs: _Optional[_Iterable[_Union[ListpeerchannelsChannelsHtlcs, _Mapping]]] = ..., reestablished: _Optional[bool] = ...) -> None: ...

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

class ListfundsChannels(_message.Message):
    __slots__ = ("peer_id", "our_amount_msat", "amount_msat", "funding_txid", "funding_output", "connected", "state", "short_channel_id", "channel_id")
    PEER_ID_FIELD_NUMBER: _ClassVar[int]
    OUR_AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    FUNDING_TXID_FIELD_NUMBER: _ClassVar[int]
    FUNDING_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SHORT_CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    peer_id: bytes
    our_amount_msat: _primitives_pb2.Amount
    amount_msat: _primitives_pb2.Amount
    funding_txid: bytes
    funding_output: int
    connected: bool
    state: _primitives_pb2.ChannelState
    short_channel_id: str
    channel_id: bytes
    def __init__(self, peer_id: _Optional[bytes] = ..., our_amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., funding_txid: _Optional[bytes] = ..., funding_output: _Optional[int] = ..., connected: _Optional[bool] = ..., state: _Optional[_Union[_primitives_pb2.ChannelState, str]] = ..., short_channel_id: _Optional[str] = ..., channel_id: _Optional[bytes] = ...) -> None: ...

class ListfundsResponse(_message.Message):
    __slots__ = ("outputs", "channels")
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    outputs: _containers.RepeatedCompositeFieldContainer[ListfundsOutputs]
    channels: _containers.RepeatedCompositeFieldContainer[ListfundsChannels]
    def __init__(self, outputs: _Optional[_Iterable[_Union[ListfundsOutputs, _Mapping]]] = ..., channels: _Optional[_Iterable[_Union[ListfundsChannels, _Mapping]]] = ...) -> None: ...

class FetchinvoiceRequest(_message.Message):
    __slots__ = ("offer", "amount_msat", "quantity", "recurrence_counter", "recurrence_start", "recurrence_label", "timeout", "payer_note", "payer_metadata", "bip353")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_COUNTER_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_START_FIELD_NUMBER: _ClassVar[int]
    RECURRENCE_LABEL_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PAYER_NOTE_FIELD_NUMBER: _ClassVar[int]
    PAYER_METADATA_FIELD_NUMBER: _ClassVar[int]
    BIP353_FIELD_NUMBER: _ClassVar[int]
    offer: str
    amount_msat: _primitives_pb2.Amount
    quantity: int
    recurrence_counter: int
    recurrence_start: float
    recurrence_label: str
    timeout: float
    payer_note: str
    payer_metadata: str
    bip353: str
    def __init__(self, offer: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., quantity: _Optional[int] = ..., recurrence_counter: _Optional[int] = ..., recurrence_start: _Optional[float] = ..., recurrence_label: _Optional[str] = ..., timeout: _Optional[float] = ..., payer_note: _Optional[str] = ..., payer_metadata: _Optional[str] = ..., bip353: _Optional[str] = ...) -> None: ...

class FetchinvoiceChanges(_message.Message):
    __slots__ = ("description_appended", "description", "vendor_removed", "vendor", "amount_msat")
    DESCRIPTION_APPENDED_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VENDOR_REMOVED_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    description_appended: str
    description: str
    vendor_removed: str
    vendor: str
    amount_msat: _primitives_pb2.Amount
    def __init__(self, description_appended: _Optional[str] = ..., description: _Optional[str] = ..., vendor_removed: _Optional[str] = ..., vendor: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ...) -> None: ...

class FetchinvoiceResponse(_message.Message):
    __slots__ = ("invoice", "changes")
    INVOICE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    invoice: str
    changes: FetchinvoiceChanges
    def __init__(self, invoice: _Optional[str] = ..., changes: _Optional[_Union[FetchinvoiceChanges, _Mapping]] = ...) -> None: ...

class PayRequest(_message.Message):
    __slots__ = ("bolt11", "label", "maxfeepercent", "retry_for", "maxdelay", "exemptfee", "riskfactor", "exclude", "maxfee", "description", "amount_msat", "localinvreqid", "partial_msat")
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    MAXFEEPERCENT_FIELD_NUMBER: _ClassVar[int]
    RETRY_FOR_FIELD_NUMBER: _ClassVar[int]
    MAXDELAY_FIELD_NUMBER: _ClassVar[int]
    EXEMPTFEE_FIELD_NUMBER: _ClassVar[int]
    RISKFACTOR_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    MAXFEE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    LOCALINVREQID_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_MSAT_FIELD_NUMBER: _ClassVar[int]
    bolt11: str
    label: str
    maxfeepercent: float
    retry_for: int
    maxdelay: int
    exemptfee: _primitives_pb2.Amount
    riskfactor: float
    exclude: _containers.RepeatedScalarFieldContainer[str]
    maxfee: _primitives_pb2.Amount
    description: str
    amount_msat: _primitives_pb2.Amount
    localinvreqid: bytes
    partial_msat: _primitives_pb2.Amount
    def __init__(self, bolt11: _Optional[str] = ..., label: _Optional[str] = ..., maxfeepercent: _Optional[float] = ..., retry_for: _Optional[int] = ..., maxdelay: _Optional[int] = ..., exemptfee: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., riskfactor: _Optional[float] = ..., exclude: _Optional[_Iterable[str]] = ..., maxfee: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., description: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., localinvreqid: _Optional[bytes] = ..., partial_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ...) -> None: ...

class PayResponse(_message.Message):
    __slots__ = ("payment_preimage", "destination", "payment_hash", "created_at", "parts", "amount_msat", "amount_sent_msat", "warning_partial_completion", "status")
    class PayStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        COMPLETE: _ClassVar[PayResponse.PayStatus]
        PENDING: _ClassVar[PayResponse.PayStatus]
        FAILED: _ClassVar[PayResponse.PayStatus]
    COMPLETE: PayResponse.PayStatus
    PENDING: PayResponse.PayStatus
    FAILED: PayResponse.PayStatus
    PAYMENT_PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_SENT_MSAT_FIELD_NUMBER: _ClassVar[int]
    WARNING_PARTIAL_COMPLETION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    payment_preimage: bytes
    destination: bytes
    payment_hash: bytes
    created_at: float
    parts: int
    amount_msat: _primitives_pb2.Amount
    amount_sent_msat: _primitives_pb2.Amount
    warning_partial_completion: str
    status: PayResponse.PayStatus
    def __init__(self, payment_preimage: _Optional[bytes] = ..., destination: _Optional[bytes] = ..., payment_hash: _Optional[bytes] = ..., created_at: _Optional[float] = ..., parts: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., amount_sent_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., warning_partial_completion: _Optional[str] = ..., status: _Optional[_Union[PayResponse.PayStatus, str]] = ...) -> None: ...

class XpayRequest(_message.Message):
    __slots__ = ("invstring", "amount_msat", "maxfee", "layers", "retry_for", "partial_msat", "maxdelay", "payer_note", "label", "localinvreqid")
    INVSTRING_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    MAXFEE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    RETRY_FOR_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_MSAT_FIELD_NUMBER: _ClassVar[int]
    MAXDELAY_FIELD_NUMBER: _ClassVar[int]
    PAYER_NOTE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LOCALINVREQID_FIELD_NUMBER: _ClassVar[int]
    invstring: str
    amount_msat: _primitives_pb2.Amount
    maxfee: _primitives_pb2.Amount
    layers: _containers.RepeatedScalarFieldContainer[str]
    retry_for: int
    partial_msat: _primitives_pb2.Amount
    maxdelay: int
    payer_note: str
    label: str
    localinvreqid: bytes
    def __init__(self, invstring: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., maxfee: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., layers: _Optional[_Iterable[str]] = ..., retry_for: _Optional[int] = ..., partial_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., maxdelay: _Optional[int] = ..., payer_note: _Optional[str] = ..., label: _Optional[str] = ..., localinvreqid: _Optional[bytes] = ...) -> None: ...

class XpayResponse(_message.Message):
    __slots__ = ("payment_preimage", "failed_parts", "successful_parts", "amount_msat", "amount_sent_msat")
    PAYMENT_PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    FAILED_PARTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESSFUL_PARTS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_SENT_MSAT_FIELD_NUMBER: _ClassVar[int]
    payment_preimage: bytes
    failed_parts: int
    successful_parts: int
    amount_msat: _primitives_pb2.Amount
    amount_sent_msat: _primitives_pb2.Amount
    def __init__(self, payment_preimage: _Optional[bytes] = ..., failed_parts: _Optional[int] = ..., successful_parts: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., amount_sent_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ...) -> None: ...

class ListpaysRequest(_message.Message):
    __slots__ = ("bolt11", "payment_hash", "status", "index", "start", "limit")
    class ListpaysStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PENDING: _ClassVar[ListpaysRequest.ListpaysStatus]
        COMPLETE: _ClassVar[ListpaysRequest.ListpaysStatus]
        FAILED: _ClassVar[ListpaysRequest.ListpaysStatus]
    PENDING: ListpaysRequest.ListpaysStatus
    COMPLETE: ListpaysRequest.ListpaysStatus
    FAILED: ListpaysRequest.ListpaysStatus
    class ListpaysIndex(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREATED: _ClassVar[ListpaysRequest.ListpaysIndex]
        UPDATED: _ClassVar[ListpaysRequest.ListpaysIndex]
    CREATED: ListpaysRequest.ListpaysIndex
    UPDATED: ListpaysRequest.ListpaysIndex
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    bolt11: str
    payment_hash: bytes
    status: ListpaysRequest.ListpaysStatus
    index: ListpaysRequest.ListpaysIndex
    start: int
    limit: int
    def __init__(self, bolt11: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[ListpaysRequest.ListpaysStatus, str]] = ..., index: _Optional[_Union[ListpaysRequest.ListpaysIndex, str]] = ..., start: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListpaysPays(_message.Message):
    __slots__ = ("payment_hash", "status", "destination", "created_at", "label", "bolt11", "bolt12", "amount_msat", "amount_sent_msat", "erroronion", "description", "completed_at", "preimage", "number_of_parts", "created_index", "updated_index")
    class ListpaysPaysStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PENDING: _ClassVar[ListpaysPays.ListpaysPaysStatus]
        FAILED: _ClassVar[ListpaysPays.ListpaysPaysStatus]
        COMPLETE: _ClassVar[ListpaysPays.ListpaysPaysStatus]
    PENDING: ListpaysPays.ListpaysPaysStatus
    FAILED: ListpaysPays.ListpaysPaysStatus
    COMPLETE: ListpaysPays.ListpaysPaysStatus
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_SENT_MSAT_FIELD_NUMBER: _ClassVar[int]
    ERRORONION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_OF_PARTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    UPDATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    payment_hash: bytes
    status: ListpaysPays.ListpaysPaysStatus
    destination: bytes
    created_at: int
    label: str
    bolt11: str
    bolt12: str
    amount_msat: _primitives_pb2.Amount
    amount_sent_msat: _primitives_pb2.Amount
    erroronion: bytes
    description: str
    completed_at: int
    preimage: bytes
    number_of_parts: int
    created_index: int
    updated_index: int
    def __init__(self, payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[ListpaysPays.ListpaysPaysStatus, str]] = ..., destination: _Optional[bytes] = ..., created_at: _Optional[int] = ..., label: _Optional[str] = ..., bolt11: _Optional[str] = ..., bolt12: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., amount_sent_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., erroronion: _Optional[bytes] = ..., description: _Optional[str] = ..., completed_at: _Optional[int] = ..., preimage: _Optional[bytes] = ..., number_of_parts: _Optional[int] = ..., created_index: _Optional[int] = ..., updated_index: _Optional[int] = ...) -> None: ...

class ListpaysResponse(_message.Message):
    __slots__ = ("pays",)
    PAYS_FIELD_NUMBER: _ClassVar[int]
    pays: _containers.RepeatedCompositeFieldContainer[ListpaysPays]
    def __init__(self, pays: _Optional[_Iterable[_Union[ListpaysPays, _Mapping]]] = ...) -> None: ...

class ListsendpaysRequest(_message.Message):
    __slots__ = ("bolt11", "payment_hash", "status", "index", "start", "limit")
    class ListsendpaysStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PENDING: _ClassVar[ListsendpaysRequest.ListsendpaysStatus]
        COMPLETE: _ClassVar[ListsendpaysRequest.ListsendpaysStatus]
        FAILED: _ClassVar[ListsendpaysRequest.ListsendpaysStatus]
    PENDING: ListsendpaysRequest.ListsendpaysStatus
    COMPLETE: ListsendpaysRequest.ListsendpaysStatus
    FAILED: ListsendpaysRequest.ListsendpaysStatus
    class ListsendpaysIndex(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREATED: _ClassVar[ListsendpaysRequest.ListsendpaysIndex]
        UPDATED: _ClassVar[ListsendpaysRequest.ListsendpaysIndex]
    CREATED: ListsendpaysRequest.ListsendpaysIndex
    UPDATED: ListsendpaysRequest.ListsendpaysIndex
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    bolt11: str
    payment_hash: bytes
    status: ListsendpaysRequest.ListsendpaysStatus
    index: ListsendpaysRequest.ListsendpaysIndex
    start: int
    limit: int
    def __init__(self, bolt11: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[ListsendpaysRequest.ListsendpaysStatus, str]] = ..., index: _Optional[_Union[ListsendpaysRequest.ListsendpaysIndex, str]] = ..., start: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListsendpaysPayments(_message.Message):
    __slots__ = ("id", "groupid", "payment_hash", "status", "amount_msat", "destination", "created_at", "amount_sent_msat", "label", "bolt11", "bolt12", "payment_preimage", "erroronion", "description", "partid", "created_index", "updated_index", "completed_at")
    class ListsendpaysPaymentsStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PENDING: _ClassVar[ListsendpaysPayments.ListsendpaysPaymentsStatus]
        FAILED: _ClassVar[ListsendpaysPayments.ListsendpaysPaymentsStatus]
        COMPLETE: _ClassVar[ListsendpaysPayments.ListsendpaysPaymentsStatus]
    PENDING: ListsendpaysPayments.ListsendpaysPaymentsStatus
    FAILED: ListsendpaysPayments.ListsendpaysPaymentsStatus
    COMPLETE: ListsendpaysPayments.ListsendpaysPaymentsStatus
    ID_FIELD_NUMBER: _ClassVar[int]
    GROUPID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_SENT_MSAT_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    ERRORONION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PARTID_FIELD_NUMBER: _ClassVar[int]
    CREATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    UPDATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    groupid: int
    payment_hash: bytes
    status: ListsendpaysPayments.ListsendpaysPaymentsStatus
    amount_msat: _primitives_pb2.Amount
    destination: bytes
    created_at: int
    amount_sent_msat: _primitives_pb2.Amount
    label: str
    bolt11: str
    bolt12: str
    payment_preimage: bytes
    erroronion: bytes
    description: str
    partid: int
    created_index: int
    updated_index: int
    completed_at: int
    def __init__(self, id: _Optional[int] = ..., groupid: _Optional[int] = ..., payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[ListsendpaysPayments.ListsendpaysPaymentsStatus, str]] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., destination: _Optional[bytes] = ..., created_at: _Optional[int] = ..., amount_sent_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., label: _Optional[str] = ..., bolt11: _Optional[str] = ..., bolt12: _Optional[str] = ..., payment_preimage: _Optional[bytes] = ..., erroronion: _Optional[bytes] = ..., description: _Optional[str] = ..., partid: _Optional[int] = ..., created_index: _Optional[int] = ..., updated_index: _Optional[int] = ..., completed_at: _Optional[int] = ...) -> None: ...

class ListsendpaysResponse(_message.Message):
    __slots__ = ("payments",)
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    payments: _containers.RepeatedCompositeFieldContainer[ListsendpaysPayments]
    def __init__(self, payments: _Optional[_Iterable[_Union[ListsendpaysPayments, _Mapping]]] = ...) -> None: ...

class InvoiceRequest(_message.Message):
    __slots__ = ("description", "label", "fallbacks", "preimage", "cltv", "expiry", "exposeprivatechannels", "deschashonly", "amount_msat")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    FALLBACKS_FIELD_NUMBER: _ClassVar[int]
    PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    CLTV_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    EXPOSEPRIVATECHANNELS_FIELD_NUMBER: _ClassVar[int]
    DESCHASHONLY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    description: str
    label: str
    fallbacks: _containers.RepeatedScalarFieldContainer[str]
    preimage: bytes
    cltv: int
    expiry: int
    exposeprivatechannels: _containers.RepeatedScalarFieldContainer[str]
    deschashonly: bool
    amount_msat: _primitives_pb2.AmountOrAny
    def __init__(self, description: _Optional[str] = ..., label: _Optional[str] = ..., fallbacks: _Optional[_Iterable[str]] = ..., preimage: _Optional[bytes] = ..., cltv: _Optional[int] = ..., expiry: _Optional[int] = ..., exposeprivatechannels: _Optional[_Iterable[str]] = ..., deschashonly: _Optional[bool] = ..., amount_msat: _Optional[_Union[_primitives_pb2.AmountOrAny, _Mapping]] = ...) -> None: ...

class InvoiceResponse(_message.Message):
    __slots__ = ("bolt11", "payment_hash", "payment_secret", "expires_at", "warning_capacity", "warning_offline", "warning_deadends", "warning_private_unused", "warning_mpp", "created_index")
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_SECRET_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    WARNING_CAPACITY_FIELD_NUMBER: _ClassVar[int]
    WARNING_OFFLINE_FIELD_NUMBER: _ClassVar[int]
    WARNING_DEADENDS_FIELD_NUMBER: _ClassVar[int]
    WARNING_PRIVATE_UNUSED_FIELD_NUMBER: _ClassVar[int]
    WARNING_MPP_FIELD_NUMBER: _ClassVar[int]
    CREATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    bolt11: str
    payment_hash: bytes
    payment_secret: bytes
    expires_at: int
    warning_capacity: str
    warning_offline: str
    warning_deadends: str
    warning_private_unused: str
    warning_mpp: str
    created_index: int
    def __init__(self, bolt11: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., payment_secret: _Optional[bytes] = ..., expires_at: _Optional[int] = ..., warning_capacity: _Optional[str] = ..., warning_offline: _Optional[str] = ..., warning_deadends: _Optional[str] = ..., warning_private_unused: _Optional[str] = ..., warning_mpp: _Optional[str] = ..., created_index: _Optional[int] = ...) -> None: ...

class ListinvoicesRequest(_message.Message):
    __slots__ = ("label", "invstring", "payment_hash", "offer_id", "index", "start", "limit")
    class ListinvoicesIndex(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREATED: _ClassVar[ListinvoicesRequest.ListinvoicesIndex]
        UPDATED: _ClassVar[ListinvoicesRequest.ListinvoicesIndex]
    CREATED: ListinvoicesRequest.ListinvoicesIndex
    UPDATED: ListinvoicesRequest.ListinvoicesIndex
    LABEL_FIELD_NUMBER: _ClassVar[int]
    INVSTRING_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    label: str
    invstring: str
    payment_hash: bytes
    offer_id: str
    index: ListinvoicesRequest.ListinvoicesIndex
    start: int
    limit: int
    def __init__(self, label: _Optional[str] = ..., invstring: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., offer_id: _Optional[str] = ..., index: _Optional[_Union[ListinvoicesRequest.ListinvoicesIndex, str]] = ..., start: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListinvoicesInvoices(_message.Message):
    __slots__ = ("label", "description", "payment_hash", "status", "expires_at", "amount_msat", "bolt11", "bolt12", "local_offer_id", "pay_index", "amount_received_msat", "paid_at", "payment_preimage", "invreq_payer_note", "created_index", "updated_index")
    class ListinvoicesInvoicesStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        UNPAID: _ClassVar[ListinvoicesInvoices.ListinvoicesInvoicesStatus]
        PAID: _ClassVar[ListinvoicesInvoices.ListinvoicesInvoicesStatus]
        EXPIRED: _ClassVar[ListinvoicesInvoices.ListinvoicesInvoicesStatus]
    UNPAID: ListinvoicesInvoices.ListinvoicesInvoicesStatus
    PAID: ListinvoicesInvoices.ListinvoicesInvoicesStatus
    EXPIRED: ListinvoicesInvoices.ListinvoicesInvoicesStatus
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    LOCAL_OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    PAY_INDEX_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_RECEIVED_MSAT_FIELD_NUMBER: _ClassVar[int]
    PAID_AT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    INVREQ_PAYER_NOTE_FIELD_NUMBER: _ClassVar[int]
    CREATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    UPDATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    label: str
    description: str
    payment_hash: bytes
    status: ListinvoicesInvoices.ListinvoicesInvoicesStatus
    expires_at: int
    amount_msat: _primitives_pb2.Amount
    bolt11: str
    bolt12: str
    local_offer_id: bytes
    pay_index: int
    amount_received_msat: _primitives_pb2.Amount
    paid_at: int
    payment_preimage: bytes
    invreq_payer_note: str
    created_index: int
    updated_index: int
    def __init__(self, label: _Optional[str] = ..., description: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[ListinvoicesInvoices.ListinvoicesInvoicesStatus, str]] = ..., expires_at: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., bolt11: _Optional[str] = ..., bolt12: _Optional[str] = ..., local_offer_id: _Optional[bytes] = ..., pay_index: _Optional[int] = ..., amount_received_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., paid_at: _Optional[int] = ..., payment_preimage: _Optional[bytes] = ..., invreq_payer_note: _Optional[str] = ..., created_index: _Optional[int] = ..., updated_index: _Optional[int] = ...) -> None: ...

class ListinvoicesResponse(_message.Message):
    __slots__ = ("invoices",)
    INVOICES_FIELD_NUMBER: _ClassVar[int]
    invoices: _containers.RepeatedCompositeFieldContainer[ListinvoicesInvoices]
    def __init__(self, invoices: _Optional[_Iterable[_Union[ListinvoicesInvoices, _Mapping]]] = ...) -> None: ...

class WaitanyinvoiceRequest(_message.Message):
    __slots__ = ("lastpay_index", "timeout")
    LASTPAY_INDEX_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    lastpay_index: int
    timeout: int
    def __init__(self, lastpay_index: _Optional[int] = ..., timeout: _Optional[int] = ...) -> None: ...

class WaitanyinvoiceResponse(_message.Message):
    __slots__ = ("label", "description", "payment_hash", "status", "expires_at", "amount_msat", "bolt11", "bolt12", "pay_index", "amount_received_msat", "paid_at", "payment_preimage", "created_index", "updated_index")
    class WaitanyinvoiceStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PAID: _ClassVar[WaitanyinvoiceResponse.WaitanyinvoiceStatus]
        EXPIRED: _ClassVar[WaitanyinvoiceResponse.WaitanyinvoiceStatus]
    PAID: WaitanyinvoiceResponse.WaitanyinvoiceStatus
    EXPIRED: WaitanyinvoiceResponse.WaitanyinvoiceStatus
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    BOLT11_FIELD_NUMBER: _ClassVar[int]
    BOLT12_FIELD_NUMBER: _ClassVar[int]
    PAY_INDEX_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_RECEIVED_MSAT_FIELD_NUMBER: _ClassVar[int]
    PAID_AT_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    CREATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    UPDATED_INDEX_FIELD_NUMBER: _ClassVar[int]
    label: str
    description: str
    payment_hash: bytes
    status: WaitanyinvoiceResponse.WaitanyinvoiceStatus
    expires_at: int
    amount_msat: _primitives_pb2.Amount
    bolt11: str
    bolt12: str
    pay_index: int
    amount_received_msat: _primitives_pb2.Amount
    paid_at: int
    payment_preimage: bytes
    created_index: int
    updated_index: int
    def __init__(self, label: _Optional[str] = ..., description: _Optional[str] = ..., payment_hash: _Optional[bytes] = ..., status: _Optional[_Union[WaitanyinvoiceResponse.WaitanyinvoiceStatus, str]] = ..., expires_at: _Optional[int] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., bolt11: _Optional[str] = ..., bolt12: _Optional[str] = ..., pay_index: _Optional[int] = ..., amount_received_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., paid_at: _Optional[int] = ..., payment_preimage: _Optional[bytes] = ..., created_index: _Optional[int] = ..., updated_index: _Optional[int] = ...) -> None: ...

class WaitRequest(_message.Message):
    __slots__ = ("subsystem", "indexname", "nextvalue")
    class WaitIndexname(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREATED: _ClassVar[WaitRequest.WaitIndexname]
        UPDATED: _ClassVar[WaitRequest.WaitIndexname]
        DELETED: _ClassVar[WaitRequest.WaitIndexname]
    CREATED: WaitRequest.WaitIndexname
    UPDATED: WaitRequest.WaitIndexname
    DELETED: WaitRequest.WaitIndexname
    class WaitSubsystem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        INVOICES: _ClassVar[WaitRequest.WaitSubsystem]
        FORWARDS: _ClassVar[WaitRequest.WaitSubsystem]
        SENDPAYS: _ClassVar[WaitRequest.WaitSubsystem]
        HTLCS: _ClassVar[WaitRequest.WaitSubsystem]
        CHAINMOVES: _ClassVar[WaitRequest.WaitSubsystem]
        CHANNELMOVES: _ClassVar[WaitRequest.WaitSubsystem]
        NETWORKEVENTS: _ClassVar[WaitRequest.WaitSubsystem]
    INVOICES: WaitRequest.WaitSubsystem
    FORWARDS: WaitRequest.WaitSubsystem
    SENDPAYS: WaitRequest.WaitSubsystem
    HTLCS: WaitRequest.WaitSubsystem
    CHAINMOVES: WaitRequest.WaitSubsystem
    CHANNELMOVES: WaitRequest.WaitSubsystem
    NETWORKEVENTS: WaitRequest.WaitSubsystem
    SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    INDEXNAME_FIELD_NUMBER: _ClassVar[int]
    NEXTVALUE_FIELD_NUMBER: _ClassVar[int]
    subsystem: WaitRequest.WaitSubsystem
    indexname: WaitRequest.WaitIndexname
    nextvalue: int
    def __init__(self, subsystem: _Optional[_Union[WaitRequest.WaitSubsystem, str]] = ..., indexname: _Optional[_Union[WaitRequest.WaitIndexname, str]] = ..., nextvalue: _Optional[int] = ...) -> None: ...

class WaitResponse(_message.Message):
    __slots__ = ("subsystem", "created", "updated", "deleted")
    class WaitSubsystem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        INVOICES: _ClassVar[WaitResponse.WaitSubsystem]
        FORWARDS: _ClassVar[WaitResponse.WaitSubsystem]
        SENDPAYS: _ClassVar[WaitResponse.WaitSubsystem]
        HTLCS: _ClassVar[WaitResponse.WaitSubsystem]
        CHAINMOVES: _ClassVar[WaitResponse.WaitSubsystem]
        CHANNELMOVES: _ClassVar[WaitResponse.WaitSubsystem]
        NETWORKEVENTS: _ClassVar[WaitResponse.WaitSubsystem]
    INVOICES: WaitResponse.WaitSubsystem
    FORWARDS: WaitResponse.WaitSubsystem
    SENDPAYS: WaitResponse.WaitSubsystem
    HTLCS: WaitResponse.WaitSubsystem
    CHAINMOVES: WaitResponse.WaitSubsystem
    CHANNELMOVES: WaitResponse.WaitSubsystem
    NETWORKEVENTS: WaitResponse.WaitSubsystem
    SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    subsystem: WaitResponse.WaitSubsystem
    created: int
    updated: int
    deleted: int
    def __init__(self, subsystem: _Optional[_Union[WaitResponse.WaitSubsystem, str]] = ..., created: _Optional[int] = ..., updated: _Optional[int] = ..., deleted: _Optional[int] = ...) -> None: ...

class DecodeRequest(_message.Message):
    __slots__ = ("string",)
    STRING_FIELD_NUMBER: _ClassVar[int]
    string: str
    def __init__(self, string: _Optional[str] = ...) -> None: ...

class DecodeOfferPaths(_message.Message):
    __slots__ = ("first_node_id", "first_scid_dir", "first_scid", "first_path_key")
    FIRST_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_SCID_DIR_FIELD_NUMBER: _ClassVar[int]
    FIRST_SCID_FIELD_NUMBER: _ClassVar[int]
    FIRST_PATH_KEY_FIELD_NUMBER: _ClassVar[int]
    first_node_id: bytes
    first_scid_dir: int
    first_scid: str
    first_path_key: bytes
    def __init__(self, first_node_id: _Optional[bytes] = ..., first_scid_dir: _Optional[int] = ..., first_scid: _Optional[str] = ..., first_path_key: _Optional[bytes] = ...) -> None: ...

class DecodeResponse(_message.Message):
    __slots__ = ("item_type", "valid", "offer_id", "offer_chains", "offer_metadata", "offer_currency", "offer_amount", "offer_amount_msat", "offer_description", "offer_issuer", "offer_features", "offer_absolute_expiry", "offer_quantity_max", "offer_paths", "invreq_metadata", "invreq_payer_id", "invreq_chain", "invreq_amount_msat", "invreq_quantity", "invreq_payer_note", "invoice_created_at", "invoice_relative_expiry", "invoice_payment_hash", "invoice_amount_msat", "invoice_node_id", "created_at", "expiry", "payee", "payment_hash", "min_final_cltv_expiry", "payment_secret", "signature", "currency", "amount_msat", "description", "offer_issuer_id")
    class DecodeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BOLT12_OFFER: _ClassVar[DecodeResponse.DecodeType]
        BOLT12_INVOICE: _ClassVar[DecodeResponse.DecodeType]
        BOLT12_INVOICE_REQUEST: _ClassVar[DecodeResponse.DecodeType]
        BOLT11_INVOICE: _ClassVar[DecodeResponse.DecodeType]
        RUNE: _ClassVar[DecodeResponse.DecodeType]
        EMERGENCY_RECOVER: _ClassVar[DecodeResponse.DecodeType]
        BOLT12_PAYER_PROOF: _ClassVar[DecodeResponse.DecodeType]
    BOLT12_OFFER: DecodeResponse.DecodeType
    BOLT12_INVOICE: DecodeResponse.DecodeType
    BOLT12_INVOICE_REQUEST: DecodeResponse.DecodeType
    BOLT11_INVOICE: DecodeResponse.DecodeType
    RUNE: DecodeResponse.DecodeType
    EMERGENCY_RECOVER: DecodeResponse.DecodeType
    BOLT12_PAYER_PROOF: DecodeResponse.DecodeType
    ITEM_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    OFFER_CHAINS_FIELD_NUMBER: _ClassVar[int]
    OFFER_METADATA_FIELD_NUMBER: _ClassVar[int]
    OFFER_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    OFFER_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OFFER_AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    OFFER_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OFFER_ISSUER_FIELD_NUMBER: _ClassVar[int]
    OFFER_FEATURES_FIELD_NUMBER: _ClassVar[int]
    OFFER_ABSOLUTE_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    OFFER_QUANTITY_MAX_FIELD_NUMBER: _ClassVar[int]
    OFFER_PATHS_FIELD_NUMBER: _ClassVar[int]
    INVREQ_METADATA_FIELD_NUMBER: _ClassVar[int]
    INVREQ_PAYER_ID_FIELD_NUMBER: _ClassVar[int]
    INVREQ_CHAIN_FIELD_NUMBER: _ClassVar[int]
    INVREQ_AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    INVREQ_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    INVREQ_PAYER_NOTE_FIELD_NUMBER: _ClassVar[int]
    INVOICE_CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    INVOICE_RELATIVE_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    INVOICE_PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    INVOICE_AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    INVOICE_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    PAYEE_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    MIN_FINAL_CLTV_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_SECRET_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OFFER_ISSUER_ID_FIELD_NUMBER: _ClassVar[int]
    item_type: DecodeResponse.DecodeType
    valid: bool
    offer_id: bytes
    offer_chains: _containers.RepeatedScalarFieldContainer[bytes]
    offer_metadata: bytes
    offer_currency: str
    offer_amount: int
    offer_amount_msat: _primitives_pb2.Amount
    offer_description: str
    offer_issuer: str
    offer_features: bytes
    offer_absolute_expiry: int
    offer_quantity_max: int
    offer_paths: _containers.RepeatedCompositeFieldContainer[DecodeOfferPaths]
    invreq_metadata: bytes
    invreq_payer_id: bytes
    invreq_chain: bytes
    invreq_amount_msat: _primitives_pb2.Amount
    invreq_quantity: int
    invreq_payer_note: str
    invoice_created_at: int
    invoice_relative_expiry: int
    invoice_payment_hash: bytes
    invoice_amount_msat: _primitives_pb2.Amount
    invoice_node_id: bytes
    created_at: int
    expiry: int
    payee: bytes
    payment_hash: bytes
    min_final_cltv_expiry: int
    payment_secret: bytes
    signature: str
    currency: str
    amount_msat: _primitives_pb2.Amount
    description: str
    offer_issuer_id: bytes
    def __init__(self, item_type: _Optional[_Union[DecodeResponse.DecodeType, str]] = ..., valid: _Optional[bool] = ..., offer_id: _Optional[bytes] = ..., offer_chains: _Optional[_Iterable[bytes]] = ..., offer_metadata: _Optional[bytes] = ..., offer_currency: _Optional[str] = ..., offer_amount: _Optional[int] = ..., offer_amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., offer_description: _Optional[str] = ..., offer_issuer: _Optional[str] = ..., offer_features: _Optional[bytes] = ..., offer_absolute_expiry: _Optional[int] = ..., offer_quantity_max: _Optional[int] = ..., offer_paths: _Optional[_Iterable[_Union[DecodeOfferPaths, _Mapping]]] = ..., invreq_metadata: _Optional[bytes] = ..., invreq_payer_id: _Optional[bytes] = ..., invreq_chain: _Optional[bytes] = ..., invreq_amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., invreq_quantity: _Optional[int] = ..., invreq_payer_note: _Optional[str] = ..., invoice_created_at: _Optional[int] = ..., invoice_relative_expiry: _Optional[int] = ..., invoice_payment_hash: _Optional[bytes] = ..., invoice_amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., invoice_node_id: _Optional[bytes] = ..., created_at: _Optional[int] = ..., expiry: _Optional[int] = ..., payee: _Optional[bytes] = ..., payment_hash: _Optional[bytes] = ..., min_final_cltv_expiry: _Optional[int] = ..., payment_secret: _Optional[bytes] = ..., signature: _Optional[str] = ..., currency: _Optional[str] = ..., amount_msat: _Optional[_Union[_primitives_pb2.Amount, _Mapping]] = ..., description: _Optional[str] = ..., offer_issuer_id: _Optional[bytes] = ...) -> None: ...
