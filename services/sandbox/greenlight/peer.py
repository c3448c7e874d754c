"""The sandbox's Lightning service provider as a node sees it: one peer with one channel, connected while a signer can
do the key exchange of the handshake (BOLT 8), which is checked against what the node's public key says it must be.
"""

import asyncio
from typing import Final

from coincurve import PrivateKey

from services.sandbox.greenlight.hsm import Hsm

CHANNEL_MSAT: Final = 10_000_000_000
"""Size of every node's channel; it begins with all of it on the provider's side."""

_ECDH: Final = (1).to_bytes(2, "big")
_ECDH_REPLY: Final = (100).to_bytes(2, "big")
_RETRY_S: Final = 1.0


class Peer:
    """One node's connection to the provider behind `provider_key`."""

    def __init__(self, node_id: bytes, provider_key: PrivateKey, hsm: Hsm) -> None:
        self.provider_id = provider_key.public_key.format()
        self.connected = False
        self._expected = _ECDH_REPLY + provider_key.ecdh(node_id)
        self._hsm = hsm
        self._task: asyncio.Task[None] | None = None

    def signer_changed(self) -> None:
        """A signer came or went: connect, or be disconnected."""
        if self._hsm.attached == 0:
            self.close()
        elif self._task is None:
            self._task = asyncio.create_task(self._connect())

    def close(self) -> None:
        """Disconnect."""
        self.connected = False
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _connect(self) -> None:
        while not self.connected:
            self.connected = await self._hsm.ask(_ECDH + self.provider_id) == self._expected
            if not self.connected:
                await asyncio.sleep(_RETRY_S)
