"""Blinded paths (BOLT 4, BOLT 12): how a payer reaches somebody without learning who it is."""

import msgspec

from schemas.bolt12.points import read_point
from schemas.bolt12.reasons import Reason, Refused

_POINT = 33
_SCID = 9


class Hop(msgspec.Struct, frozen=True):
    """One hop: its blinded key (33 bytes) and what is encrypted for it."""

    blinded_node_id: bytes
    encrypted_data: bytes


class BlindedPath(msgspec.Struct, frozen=True):
    """`first_node_id` is a key (33 bytes) or a direction byte and a short channel id (9 bytes); at least one hop."""

    first_node_id: bytes
    first_path_key: bytes
    hops: tuple[Hop, ...]

    @property
    def introduction_channel(self) -> tuple[int, int] | None:
        """(direction, short channel id) if the first node is named by a channel."""
        if len(self.first_node_id) != _SCID:
            return None
        return self.first_node_id[0], int.from_bytes(self.first_node_id[1:], "big")


def read_paths(value: bytes) -> tuple[BlindedPath, ...]:
    """All paths of a field, at least one. Raises Refused."""
    if not value:
        raise Refused(Reason.PATHS_EMPTY)
    paths = []
    position = 0
    while position < len(value):
        path, position = _read_path(value, position)
        paths.append(path)
    return tuple(paths)


def write_paths(paths: tuple[BlindedPath, ...]) -> bytes | None:
    """The value of a paths field, None for no paths. Raises Refused if keys or hops do not have the sizes they need."""
    return b"".join(map(_write_path, paths)) if paths else None


def _read_path(value: bytes, start: int) -> tuple[BlindedPath, int]:
    key_at = start + (_SCID if value[start] < 2 else _POINT)
    count_at = key_at + _POINT
    if count_at >= len(value):
        raise Refused(Reason.PATH_TRUNCATED)
    count = value[count_at]
    if not count:
        raise Refused(Reason.PATH_WITHOUT_HOPS)
    first_node_id = value[start:key_at]
    if len(first_node_id) == _POINT:
        read_point(first_node_id, Reason.PATH_FIRST_NODE)
    path_key = read_point(value[key_at:count_at], Reason.PATH_KEY)
    hops, end = _read_hops(value, count_at + 1, count)
    return BlindedPath(first_node_id, path_key, hops), end


def _read_hops(value: bytes, position: int, count: int) -> tuple[tuple[Hop, ...], int]:
    hops = []
    for _ in range(count):
        key_end = position + _POINT
        data_at = key_end + 2
        end = data_at + int.from_bytes(value[key_end:data_at], "big")
        if data_at > len(value) or end > len(value):
            raise Refused(Reason.PATH_TRUNCATED)
        hops.append(Hop(read_point(value[position:key_end], Reason.PATH_HOP), value[data_at:end]))
        position = end
    return tuple(hops), position


def _write_path(path: BlindedPath) -> bytes:
    by_channel = len(path.first_node_id) == _SCID and path.first_node_id[0] < 2
    by_key = len(path.first_node_id) == _POINT and path.first_node_id[0] >= 2
    if not (by_channel or by_key) or len(path.first_path_key) != _POINT or not 1 <= len(path.hops) <= 255:
        raise Refused(Reason.PATH_SHAPE)
    head = path.first_node_id + path.first_path_key + len(path.hops).to_bytes(1, "big")
    return head + b"".join(map(_write_hop, path.hops))


def _write_hop(hop: Hop) -> bytes:
    if len(hop.blinded_node_id) != _POINT or len(hop.encrypted_data) > 0xFFFF:
        raise Refused(Reason.PATH_SHAPE)
    return hop.blinded_node_id + len(hop.encrypted_data).to_bytes(2, "big") + hop.encrypted_data
