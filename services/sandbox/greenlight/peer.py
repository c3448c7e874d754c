"""The sandbox's Lightning service provider as a node sees it: one peer with one channel, connected while a signer can
do the key exchange of the handshake (BOLT 8), which is checked against what the node's public key says it must be.
"""

import asyncio
from typing import Final

from coincurve import PrivateKey

from schemas.greenlight.signing import Ask, to_exchange
from services.sandbox.greenlight.hsm import Hsm

CHANNEL_MSAT: Final = 10_000_000_000
"""Size of every node's channel; it begins with all of it on the provider's side."""

_RETRY_S: Final = 1.0


class Peer:
    """One node's connection to the provider behind `provider_key`."""

    def __init__(self, node_id: bytes, provider_key: PrivateKey, hsm: Hsm) -> None:
        self.provider_id = provider_key.public_key.format()
        self._up = asyncio.Event()
        self._expected = Ask.ECDH.reply + provider_key.ecdh(node_id)
        self._hsm = hsm
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether they are connected now."""
        return self._up.is_set()

    async def wait_connected(self) -> None:
        """Return when they are."""
        await self._up.wait()

    def signer_changed(self) -> None:
        """A signer came or went: connect, or be disconnected."""
        if self._hsm.attached == 0:
            self.close()
        elif self._task is None:
            self._task = asyncio.create_task(self._connect())

    def close(self) -> None:
        """Disconnect."""
        self._up.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _connect(self) -> None:
        while not self.connected:
            if await self._hsm.ask(to_exchange(self.provider_id)) == self._expected:
                self._up.set()
            else:
                await asyncio.sleep(_RETRY_S)
