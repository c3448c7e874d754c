"""Step `register` of `node.register`: the scheduler certified a device key of ours, and the record names it.

The record is the effect: if this operation wrote one, an earlier attempt got this far. If the owner's node was
registered before and its credentials are still good and allow all we call, they are kept, and this operation's undo
leaves them alone.
"""

from dataclasses import dataclass
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Refuted, Undone, UndoOutcome, Wait
from schemas.facts import Forgotten, Registered
from schemas.flows import Step
from schemas.greenlight.device import DeviceKey
from schemas.records import NodeRecord
from schemas.requests import NodeRegister
from services.node_manager.desk import Desk
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.scheduler import Booting, Running
from services.node_manager.handlers.entrance import Entered, closed, entered
from services.node_manager.handlers.registration import registration_of
from services.node_manager.handlers.scheduler_trouble import scheduler_trouble
from services.node_manager.hooks.asking import drop_hook
from services.node_manager.keep.book import Page
from services.node_manager.keep.credentials import Credentials, How
from services.node_manager.runes import Unusable, narrow


@dataclass(frozen=True, slots=True)
class Register:
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:
        """Keep what is there and good; otherwise enrol a new device and store it."""
        request = registration_of(op)
        page = await self.desk.book.read(op.ref.owner, request.node_id)
        if page is not None and page.record.leaving is not None:
            return Fail("node-leaving", "it can be registered again once it is deleted", clean=True)
        if page is not None and page.record.op == op.ref.op:
            return _done(request, page.credentials.how)
        if page is not None and not _has_to_be_new(page, request):
            verdict = await self._still_good(page)
            if not isinstance(verdict, Refused):
                return _done(request, "recovered") if verdict is None else self._trouble(op, step, verdict)
        return await self._enrol(op, step, request, page)

    async def undo(self, op: Operation, step: Step) -> UndoOutcome:  # noqa: ARG002  the signature of every handler
        """Delete the credentials if this operation stored them; the node itself cannot be unregistered."""
        node_id = registration_of(op).node_id
        await closed(self.desk, op, registration_of(op))
        if not await self.desk.book.forget(op.ref.owner, node_id, op.ref.op):
            return Wait(0.3, "the node's record changes while we delete it")
        return Undone(Forgotten(node_id=node_id))

    async def _still_good(self, page: Page) -> CallProblem | None:
        """None if the scheduler still knows the device on `page`."""
        looked = await self.desk.look(page.record.node_id, page.credentials)
        return None if isinstance(looked, Running | Booting) else looked

    async def _enrol(self, op: Operation, step: Step, request: NodeRegister, page: Page | None) -> Outcome:
        result = await entered(self.desk, op, step, request)
        match result:
            case Entered(credentials=credentials):
                return await self._store(op, request, credentials, page)
            case Done() | Wait() | Fail() | Refuted():
                return result
            case Unreachable() | Unclear() | Refused():
                return self._trouble(op, step, result)
            case other:
                assert_never(other)

    async def _store(
        self, op: Operation, request: NodeRegister, credentials: Credentials, page: Page | None
    ) -> Outcome:
        record = NodeRecord(
            node_id=request.node_id,
            owner=op.ref.owner,
            op=op.ref.op,
            network=request.network,
            state="registered",
            pubkey=op.request.pubkey,
        )
        if not await self.desk.book.write(record, credentials, page):
            return Wait(0.3, "the node's record changes while we write it")
        if page is not None:
            await drop_hook(self.desk, page)  # what is posted to the former device's, nobody could check any more
        return _done(request, credentials.how)

    def _trouble(self, op: Operation, step: Step, problem: CallProblem) -> Wait | Fail:
        return scheduler_trouble(self.desk, op, step, problem, refused="registration-refused")


def _done(request: NodeRegister, how: How) -> Done:
    return Done(Registered(node_id=request.node_id, network=request.network, how=how))


def _has_to_be_new(page: Page, request: NodeRegister) -> bool:
    """Whether what is stored cannot be kept: it is of another kind, or its rune is of a time when we called fewer
    methods, and nobody can widen one. How an owner's own node is reached is always taken as it was handed over last."""
    if page.credentials.is_self_hosted or request.door == "cln":
        return True
    device = DeviceKey.from_pem(page.credentials.key.encode())
    return isinstance(narrow(page.credentials.rune, device.public_key), Unusable)
