"""The road between the scheduler and a node's signers: pairings go to every signer whose stream is open, the first
answer wins.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from proto import scheduler_pb2


@dataclass(slots=True)
class Approvals:
    """Open streams by node (hex), and the questions they were asked."""

    _streams: dict[str, set[asyncio.Queue[scheduler_pb2.SignerRequest]]] = field(default_factory=dict)
    _open: dict[int, asyncio.Future[scheduler_pb2.ApprovePairingResponse]] = field(default_factory=dict)
    _next: int = 1

    async def attach(self, node_id: str) -> AsyncIterator[scheduler_pb2.SignerRequest]:
        """What one signer is asked, until it leaves; held open all the while: official signers spin when it ends."""
        queue: asyncio.Queue[scheduler_pb2.SignerRequest] = asyncio.Queue()
        self._streams.setdefault(node_id, set()).add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._streams[node_id].discard(queue)

    def attached(self, node_id: str) -> bool:
        """Whether any signer of the node listens."""
        return bool(self._streams.get(node_id))

    async def ask(
        self, node_id: str, question: scheduler_pb2.ApprovePairingRequest
    ) -> scheduler_pb2.ApprovePairingResponse:
        """The first signer's approval; waits as long as it takes."""
        number, self._next = self._next, self._next + 1
        answer: asyncio.Future[scheduler_pb2.ApprovePairingResponse] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        for queue in self._streams.get(node_id, ()):
            queue.put_nowait(scheduler_pb2.SignerRequest(request_id=number, approve_pairing=question))
        try:
            return await answer
        finally:
            del self._open[number]

    def respond(self, response: scheduler_pb2.SignerResponse) -> None:
        """Take one signer's answer; late and unknown ones change nothing, and neither does a refusal."""
        answer = self._open.get(response.request_id)
        if answer is not None and not answer.done() and response.WhichOneof("response") == "approve_pairing":
            answer.set_result(response.approve_pairing)
