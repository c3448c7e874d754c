"""A node of the sandbox's as its owner's own program reaches it: one channel, signed calls, nothing of ours between."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import grpc.aio
import msgspec
from google.protobuf.message import Message
from mnemonic import Mnemonic

from schemas.greenlight.device import DeviceKey
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.greenlight.request_auth import sign_call
from schemas.requests import Network
from schemas.world import World
from services.node_manager.greenlight.channels import Identity
from services.sandbox.greenlight import GreenlightAddresses
from tests.contract.greenlight.client import Owned, channel, desk, raw_call

Answered = TypeVar("Answered", bound=Message)

CALL_S = 60.0


@dataclass(frozen=True, slots=True)
class BareNode:
    """A running node and a device of it whose rune may call everything."""

    uri: str
    identity: Identity
    device: DeviceKey
    rune: str
    channel: grpc.aio.Channel

    async def call(self, method: str, request: Message, answer: type[Answered]) -> Answered:
        """One signed call. Raises AioRpcError."""
        payload = request.SerializeToString()
        signed = sign_call(self.device, self.rune, payload, int(time.time() * 1000))
        return await raw_call(self.channel, method, answer)(payload, metadata=signed, timeout=CALL_S)


@asynccontextmanager
async def bare_node(world: World, mnemonic: str = "") -> AsyncIterator[BareNode]:
    """A further device of the node behind `mnemonic`, which is registered; without one, a node of its own."""
    secret = secret_from_mnemonic(mnemonic or Mnemonic("english").generate(128))
    keys = NodeKeys.from_secret(secret, msgspec.convert(world.network, Network))
    files = (Path(name) for name in (world.ca_file, world.nobody_cert_file, world.nobody_key_file))
    async with desk(GreenlightAddresses(world.scheduler_uri, *files)) as opened:
        owned: Owned = await (opened.recover(keys) if mnemonic else opened.register(keys))
        uri, key = await owned.schedule(CALL_S), owned.device.to_pem()
        async with channel(opened.ca, owned.chain, key, uri, node=True) as reached:
            yield BareNode(uri, Identity(owned.chain, key), owned.device, owned.rune, reached)
