"""What a hop of a blinded path reads in its own part of it (BOLT 4, `encrypted_data_tlv`)."""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from schemas.bolt12.bigsize import read_tu32, read_tu64, write_tu32, write_tu64
from schemas.bolt12.layout import Field, Layout, Section, write_stream
from schemas.bolt12.points import read_point
from schemas.bolt12.reasons import Reason, Refused
from schemas.bolt12.tlv import read_stream
from schemas.bolt12.values import as_it_is, optional, write_bytes

_RELAY: Final = struct.Struct(">HI")
_CONSTRAINTS: Final = struct.Struct(">I")
_PADDING_TYPE: Final = 1


class PaymentRelay(msgspec.Struct, frozen=True, kw_only=True):
    """What the hop takes for forwarding a payment: blocks, millionths, msat."""

    cltv_expiry_delta: int
    fee_proportional_millionths: int
    fee_base_msat: int


class PaymentConstraints(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment over the path must keep: the highest expiry (block height), the smallest amount (msat)."""

    max_cltv_expiry: int
    htlc_minimum_msat: int


class RecipientData(msgspec.Struct, frozen=True, kw_only=True):
    """One hop's data; None means the field is absent.

    A hop that forwards has `short_channel_id` or `next_node_id`, the last one a `path_id` by which it knows its own
    path. `padding` makes all hops look alike. `unknown` are odd fields we do not know: (type, value).
    """

    padding: bytes | None = None
    short_channel_id: int | None = None
    next_node_id: bytes | None = None
    path_id: bytes | None = None
    next_path_key_override: bytes | None = None
    payment_relay: PaymentRelay | None = None
    payment_constraints: PaymentConstraints | None = None
    allowed_features: bytes | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()


def read_recipient_data(data: bytes) -> RecipientData:
    """The data behind a TLV stream. Raises Refused."""
    (said,) = _LAYOUT.read(data, read_stream(data))
    return RecipientData(**said)  # type: ignore[arg-type]  # each row of the section reads what its field holds


def write_recipient_data(data: RecipientData) -> bytes:
    """The TLV stream of `data`. Raises Refused."""
    return write_stream(_SECTION.records(data))


def padded(hops: Iterable[RecipientData]) -> tuple[RecipientData, ...]:
    """`hops` with so much padding that all have the same length, so that none tells by its length what it is."""
    bare = [msgspec.structs.replace(hop, padding=None) for hop in hops]
    sizes = [len(write_recipient_data(hop)) for hop in bare]
    wanted = max(sizes, default=0) + 2
    while any(_zeros(wanted - size) is None for size in sizes):
        wanted += 1
    return tuple(
        msgspec.structs.replace(hop, padding=_zeros(wanted - size)) for hop, size in zip(bare, sizes, strict=True)
    )


def _zeros(size: int) -> bytes | None:
    """Padding whose record takes `size` bytes; None if there is no such record."""
    length = size - 2 if size < 2 + 0xFD else size - 4
    return bytes(length) if len(write_stream([(_PADDING_TYPE, bytes(max(length, 0)))])) == size else None


def _read_point(value: bytes) -> bytes:
    return read_point(value, Reason.PATH_HOP)


def _read_channel(value: bytes) -> int:
    if len(value) != 8:
        raise Refused(Reason.HOP_DATA)
    return int.from_bytes(value, "big")


def _read_relay(value: bytes) -> PaymentRelay:
    if len(value) < _RELAY.size:
        raise Refused(Reason.HOP_DATA)
    delta, proportional = _RELAY.unpack_from(value)
    base = read_tu32(value[_RELAY.size :])
    return PaymentRelay(cltv_expiry_delta=delta, fee_proportional_millionths=proportional, fee_base_msat=base)


def _read_constraints(value: bytes) -> PaymentConstraints:
    if len(value) < _CONSTRAINTS.size:
        raise Refused(Reason.HOP_DATA)
    (expiry,) = _CONSTRAINTS.unpack_from(value)
    return PaymentConstraints(max_cltv_expiry=expiry, htlc_minimum_msat=read_tu64(value[_CONSTRAINTS.size :]))


def _write_channel(channel: int) -> bytes:
    if not 0 <= channel < 1 << 64:
        raise Refused(Reason.INTEGER_RANGE)
    return channel.to_bytes(8, "big")


def _write_relay(relay: PaymentRelay) -> bytes:
    try:
        head = _RELAY.pack(relay.cltv_expiry_delta, relay.fee_proportional_millionths)
    except struct.error:
        raise Refused(Reason.INTEGER_RANGE) from None
    return head + write_tu32(relay.fee_base_msat)


def _write_constraints(constraints: PaymentConstraints) -> bytes:
    try:
        head = _CONSTRAINTS.pack(constraints.max_cltv_expiry)
    except struct.error:
        raise Refused(Reason.INTEGER_RANGE) from None
    return head + write_tu64(constraints.htlc_minimum_msat)


_SECTION: Final = Section(
    (range(1 << 64),),
    {
        _PADDING_TYPE: Field("padding", as_it_is, write_bytes),
        2: Field("short_channel_id", _read_channel, optional(_write_channel)),
        4: Field("next_node_id", _read_point, write_bytes),
        6: Field("path_id", as_it_is, write_bytes),
        8: Field("next_path_key_override", _read_point, write_bytes),
        10: Field("payment_relay", _read_relay, optional(_write_relay)),
        12: Field("payment_constraints", _read_constraints, optional(_write_constraints)),
        14: Field("allowed_features", as_it_is, write_bytes),
    },
)
_LAYOUT: Final = Layout(_SECTION)
