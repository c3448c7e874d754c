"""How an invoice is paid: what each blinded path costs and asks for, and addresses on the chain as a way out."""

import struct
from typing import Final

import msgspec

from schemas.bolt12.reasons import Reason, Refused

_PAYINFO: Final = struct.Struct(">IIHQQH")
_FALLBACK: Final = struct.Struct(">BH")
_PROGRAMS: Final = {0: (20, 32), 1: (32,)}
"""Witness programs with known rules: version, and the lengths it may have (BIP 141, BIP 341)."""


class BlindedPayinfo(msgspec.Struct, frozen=True, kw_only=True):
    """What paying over one blinded path takes, all its hops together: fees in msat and millionths, blocks, limits."""

    fee_base_msat: int
    fee_proportional_millionths: int
    cltv_expiry_delta: int
    htlc_minimum_msat: int
    htlc_maximum_msat: int
    features: bytes = b""

    def fee_msat(self, amount_msat: int) -> int:
        """What the path takes for forwarding `amount_msat`, in msat."""
        return self.fee_base_msat + amount_msat * self.fee_proportional_millionths // 1_000_000


class Fallback(msgspec.Struct, frozen=True):
    """An address on the chain: witness version and witness program."""

    version: int
    program: bytes

    @property
    def is_known(self) -> bool:
        """Whether it is a witness program whose rules are known; any other must be ignored."""
        return len(self.program) in _PROGRAMS.get(self.version, ())


def read_payinfo(value: bytes) -> tuple[BlindedPayinfo, ...]:
    """All of a field. Raises Refused."""
    found = []
    position = 0
    while position < len(value):
        features_at = position + _PAYINFO.size
        if features_at > len(value):
            raise Refused(Reason.PAYINFO_TRUNCATED)
        base, proportional, delta, minimum, maximum, length = _PAYINFO.unpack_from(value, position)
        position = features_at + length
        if position > len(value):
            raise Refused(Reason.PAYINFO_TRUNCATED)
        found.append(
            BlindedPayinfo(
                fee_base_msat=base,
                fee_proportional_millionths=proportional,
                cltv_expiry_delta=delta,
                htlc_minimum_msat=minimum,
                htlc_maximum_msat=maximum,
                features=value[features_at:position],
            )
        )
    return tuple(found)


def write_payinfo(payinfo: tuple[BlindedPayinfo, ...] | None) -> bytes | None:
    """The value of a field, None for no field. Raises Refused."""
    return None if payinfo is None else b"".join(map(_write_payinfo, payinfo))


def read_fallbacks(value: bytes) -> tuple[Fallback, ...]:
    """All of a field, also those that must be ignored. Raises Refused."""
    found = []
    position = 0
    while position < len(value):
        program_at = position + _FALLBACK.size
        if program_at > len(value):
            raise Refused(Reason.FALLBACKS_TRUNCATED)
        version, length = _FALLBACK.unpack_from(value, position)
        position = program_at + length
        if position > len(value):
            raise Refused(Reason.FALLBACKS_TRUNCATED)
        found.append(Fallback(version, value[program_at:position]))
    return tuple(found)


def write_fallbacks(fallbacks: tuple[Fallback, ...] | None) -> bytes | None:
    """The value of a field, None for no field. Raises Refused."""
    return None if fallbacks is None else b"".join(map(_write_fallback, fallbacks))


def _write_payinfo(payinfo: BlindedPayinfo) -> bytes:
    try:
        head = _PAYINFO.pack(
            payinfo.fee_base_msat,
            payinfo.fee_proportional_millionths,
            payinfo.cltv_expiry_delta,
            payinfo.htlc_minimum_msat,
            payinfo.htlc_maximum_msat,
            len(payinfo.features),
        )
    except struct.error:
        raise Refused(Reason.PAYINFO_SHAPE) from None
    return head + payinfo.features


def _write_fallback(fallback: Fallback) -> bytes:
    try:
        return _FALLBACK.pack(fallback.version, len(fallback.program)) + fallback.program
    except struct.error:
        raise Refused(Reason.FALLBACK_SHAPE) from None
