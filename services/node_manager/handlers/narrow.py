"""Step `narrow` of `node.register`: the stored rune allows exactly our methods.

The holder of the seed narrows it before it is ever sent, so this is a proof, not a hope: the stored text is decoded and
judged. A wider rune (from an earlier registration, say) is narrowed here and its wide form overwritten.
"""

from dataclasses import dataclass
from typing import assert_never

import msgspec

from bus.operations.facts import Operation
from bus.operations.forward import NothingToUndo
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from schemas.facts import Narrowed as NarrowedFact
from schemas.flows import Step
from schemas.greenlight.device import DeviceKey
from services.node_manager.desk import Desk
from services.node_manager.handlers.reach import page_of
from services.node_manager.handlers.registration import registration_of
from services.node_manager.keep.book import Page
from services.node_manager.methods import METHOD_NAMES
from services.node_manager.runes import Narrow, Narrowed, Unusable, narrow


@dataclass(frozen=True, slots=True)
class NarrowRune(NothingToUndo):
    """Handler of the step."""

    desk: Desk

    async def act(self, op: Operation, step: Step) -> Outcome:  # noqa: ARG002  the signature of every handler
        """Judge the stored rune, narrow it if it is too wide."""
        page = await page_of(self.desk, op, registration_of(op).node_id)
        if isinstance(page, Fail):
            return page
        if page.credentials.is_self_hosted:
            # A client certificate of Core Lightning's allows everything: there is nothing that could be narrowed.
            return Done(NarrowedFact(node_id=page.record.node_id, methods=()))
        device = DeviceKey.from_pem(page.credentials.key.encode())
        judged = narrow(page.credentials.rune, device.public_key)
        match judged:
            case Narrow():
                return _done(page)
            case Narrowed(text):
                return _done(page) if await self._replace(page, text) else Wait(0.3, "the node's record changes")
            case Unusable(reason):
                return Fail("registration-refused", reason)
            case other:
                assert_never(other)

    async def _replace(self, page: Page, rune: str) -> bool:
        credentials = msgspec.structs.replace(page.credentials, rune=rune)
        return await self.desk.book.write(page.record, credentials, page)


def _done(page: Page) -> Done:
    return Done(NarrowedFact(node_id=page.record.node_id, methods=METHOD_NAMES))
