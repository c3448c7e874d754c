"""A stream from one bus to another, whole: sequences, times, headers and the places of its durable consumers.

By JetStream's own snapshot and restore; the restored stream is the same in everything but two things. What it knew of
message ids is lost until its servers start again, so they must before anybody publishes. And it has the replicas that
were asked for. Failure modes: either bus goes away in the middle (CopyFailed; the half that arrived is no stream yet),
the stream changes meanwhile (what `bus.servers.comparing` is for).
"""

import asyncio
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from bus.client.connection import Bus
from bus.client.js_api import js_request
from bus.errors import BusError, BusRefused, CopyFailed
from bus.tables.streams import KIB

NOT_FOUND = 10059
CHUNK_BYTES = 128 * KIB
CHUNK_WITHIN_S = 30.0
KNOWN_WITHIN_S = 10.0
COPIED_WITHIN_S = 600.0


@dataclass(slots=True)
class _Passage:
    """The chunks of one stream on their way: `into` is where the target takes them, `done` is set by the last one."""

    source: Bus
    target: Bus
    stream: str
    into: "asyncio.Future[str]"
    done: "asyncio.Future[None]"

    async def pass_on(self, chunk: Msg) -> None:
        """Hand one chunk to the target, then ask the source for more; the source waits for that."""
        if self.done.done():
            return
        try:
            await self._hand_over(chunk)
        except (BusError, NatsError, OSError, TimeoutError) as error:
            self.done.set_exception(CopyFailed(f"{self.stream}: {error or type(error).__name__}"))

    async def _hand_over(self, chunk: Msg) -> None:
        into = await asyncio.wait_for(asyncio.shield(self.into), CHUNK_WITHIN_S)
        status = (chunk.headers or {}).get("Status", "204")
        if status != "204":
            raise CopyFailed(f"{status} {(chunk.headers or {}).get('Description', '')}")
        answer = await self._delivered(into, chunk.data)
        if b'"error"' in answer:
            raise CopyFailed(answer.decode(errors="replace"))
        if not chunk.data:
            self.done.set_result(None)
        elif chunk.reply:
            await self.source.nc.publish(chunk.reply)

    async def _delivered(self, into: str, data: bytes) -> bytes:
        """Give `data` to the target once; in a cluster a moment may pass before its servers know who takes it."""
        deadline = asyncio.get_running_loop().time() + KNOWN_WITHIN_S
        while True:
            try:
                return bytes((await self.target.nc.request(into, data, timeout=CHUNK_WITHIN_S)).data)
            except NoRespondersError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(0.05)


async def copy_stream(source: Bus, target: Bus, stream: str, replicas: int) -> int:
    """Make `stream` on `target` what it is on `source`, with `replicas`; returns the last sequence that went along.

    Raises CopyFailed, or another BusError; what may stand half made on `target` is to be deleted before a repetition.
    """
    loop = asyncio.get_running_loop()
    passage = _Passage(source, target, stream, loop.create_future(), loop.create_future())
    inbox = source.nc.new_inbox()
    subscription = await source.nc.subscribe(inbox, cb=passage.pass_on)
    try:
        wanted = {"deliver_subject": inbox, "chunk_size": CHUNK_BYTES, "jsck": True}
        held = await js_request(source, f"STREAM.SNAPSHOT.{stream}", wanted, timeout_s=30)
        config, state = held["config"], held["state"]
        if not isinstance(config, dict) or not isinstance(state, dict):
            raise CopyFailed(f"{stream}: a snapshot without configuration")
        question = {"config": {**config, "num_replicas": replicas}, "state": state}
        accepted = await js_request(target, f"STREAM.RESTORE.{stream}", question, timeout_s=30)
        passage.into.set_result(str(accepted["deliver_subject"]))
        await asyncio.wait_for(passage.done, COPIED_WITHIN_S)
        return int(state["last_seq"])
    finally:
        await subscription.unsubscribe()
        passage.done.cancel()


async def remove_stream(bus: Bus, stream: str) -> None:
    """Delete a copy that is not whole; nothing if there is none."""
    try:
        await js_request(bus, f"STREAM.DELETE.{stream}", timeout_s=30)
    except BusRefused as refusal:
        if refusal.code != NOT_FOUND:
            raise
