"""Seeds in memory: one 32-byte secret an operation, overwritten with zeros when forgotten, replaced or too old.

Pure but for the bytes it holds: the clock is passed in. What Python itself copied before (text of a mnemonic, integers
of a signature) cannot be wiped; those live for one call and are never kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.greenlight.secrets import SECRET_BYTES, wipe
from schemas.ids import OpId

HOLD_S = 15 * 60.0
"""How long a seed may wait for its operation, in seconds."""

CAPACITY = 4096
"""Seeds held at most: a flood of boxes must not become a flood of memory."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The seed is held until `until` (unix seconds). `fresh` is False if the same node's seed was held already."""

    until: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class Full:
    """No room: nothing was kept and the secret was wiped."""


class _Held:
    __slots__ = ("node_id", "secret", "until")

    def __init__(self, node_id: str, secret: bytearray, until: float) -> None:
        self.node_id = node_id
        self.secret = secret
        self.until = until


class SeedVault:
    """Secrets by operation. `repr` shows how many, never which."""

    def __init__(self, hold_s: float = HOLD_S, capacity: int = CAPACITY) -> None:
        self._hold_s = hold_s
        self._capacity = capacity
        self._held: dict[OpId, _Held] = {}

    def __repr__(self) -> str:
        return f"SeedVault({len(self._held)} held)"

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[OpId]:
        return iter(tuple(self._held))

    def put(self, op: OpId, node_id: str, secret: bytearray, now: float) -> Kept | Full:
        """Take over `secret` (32 bytes; the vault wipes it) for `op`; a seed held for `op` before is wiped.

        ValueError if the secret is not 32 bytes.
        """
        if len(secret) != SECRET_BYTES:
            wipe(secret)
            raise ValueError("a node secret is 32 bytes")
        before = self._held.get(op)
        if before is None and len(self._held) >= self._capacity:
            wipe(secret)
            return Full()
        fresh = before is None or before.node_id != node_id
        self.forget(op)
        self._held[op] = _Held(node_id, secret, now + self._hold_s)
        return Kept(until=now + self._hold_s, fresh=fresh)

    def node_id(self, op: OpId, now: float) -> str | None:
        """The node whose seed is held for `op`, if it is held and not too old."""
        held = self._alive(op, now)
        return held.node_id if held else None

    def secret(self, op: OpId, now: float) -> bytearray | None:
        """The secret itself, not a copy: use it at once, keep no reference."""
        held = self._alive(op, now)
        return held.secret if held else None

    def forget(self, op: OpId) -> bool:
        """Wipe the seed of `op`; False if none was held."""
        held = self._held.pop(op, None)
        if held is None:
            return False
        wipe(held.secret)
        return True

    def expire(self, now: float) -> tuple[OpId, ...]:
        """Wipe what is too old; the operations whose seeds are gone."""
        gone = tuple(op for op, held in self._held.items() if held.until <= now)
        for op in gone:
            self.forget(op)
        return gone

    def clear(self) -> None:
        """Wipe everything."""
        for op in self:
            self.forget(op)

    def _alive(self, op: OpId, now: float) -> _Held | None:
        held = self._held.get(op)
        return held if held is not None and held.until > now else None
