"""The story of the demo: somebody gets a node and a name, somebody else a node and money, and pays the name."""

import secrets
import time
from contextlib import AsyncExitStack
from urllib.parse import quote

import httpx
import msgspec

from services.mesh.demo.facts import NameResult, Seen
from services.mesh.demo.money import Paid, Payment, Purse, sats
from services.mesh.demo.person import Person, raise_if_failed
from services.mesh.demo.progress import Progress
from services.mesh.demo.streams import RECEIVED
from services.mesh.running import Running

NAME_S, PAYMENT_S = 120.0, 120.0
FUNDS_MSAT, AMOUNT_MSAT = 50_000_000, 21_000_000
NOTE = "for tea"
PAYERS = ("bob", "carol")


class Story:
    """Two owners against one mesh."""

    def __init__(self, mesh: Running, progress: Progress) -> None:
        self._mesh, self._progress = mesh, progress

    async def tell(self, username: str) -> Seen:
        """Everything, to the end; raises Refused when the mesh says no, TimeoutError when it says nothing."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=15))
            seller = await stack.enter_async_context(Person(username, self._mesh, client, self._progress))
            await seller.get_node()
            result = await self._register_name(seller, username)
            who = next(name for name in PAYERS if name != username)
            payer = await stack.enter_async_context(Person(who, self._mesh, client, self._progress))
            await payer.get_node()
            await payer.receive_from_outside(FUNDS_MSAT)
            paid = await self._pay(payer, seller, result)
            name = quote(result.name)
            return Seen(
                result=result,
                name=await seller.owner.get(f"/v1/names/{name}"),
                resolved=await seller.owner.get(f"/v1/resolve/{name}"),
                paid=paid,
                seller=seller.stream,
                payer=payer.stream,
                now=int(time.time()),
            )

    async def _register_name(self, seller: Person, username: str) -> NameResult:
        operation = await seller.owner.register_username(username, secrets.token_hex(16))
        seller.say(f"asked for {username}")
        ended = await seller.inbox.wait_for("username.register.activated", "username.register.failed", within_s=NAME_S)
        raise_if_failed(ended)
        outcome = await seller.owner.get(f"/v1/operations/{operation}", wait_s=10)
        return msgspec.convert(outcome["result"], NameResult)

    async def _pay(self, payer: Person, seller: Person, result: NameResult) -> Paid:
        """The name is paid, and both balances are looked at before it and after."""
        had = await payer.balance(lambda msat: msat == FUNDS_MSAT)
        before = await seller.balance(lambda _: True)
        payment_id = await payer.owner.pay(result.display, AMOUNT_MSAT, secrets.token_hex(16), note=NOTE)
        payer.say(f"pays {sats(AMOUNT_MSAT)} to {result.display}")
        ended = await payer.inbox.wait_for("payment.send.settled", "payment.send.failed", within_s=PAYMENT_S)
        raise_if_failed(ended)
        await seller.inbox.wait_for(RECEIVED, within_s=PAYMENT_S)
        shown = await payer.owner.get(f"/v1/payments/{payment_id}")
        payment = msgspec.convert(shown, Payment)
        spent = int(payment.amount_msat or 0) + int(payment.fee_msat or 0)
        return Paid(
            name=result.name,
            asked=AMOUNT_MSAT,
            note=NOTE,
            payment=payment,
            payer=Purse(payer.who, had, await payer.balance(lambda msat: msat == had - spent)),
            seller=Purse(seller.who, before, await seller.balance(lambda msat: msat == before + AMOUNT_MSAT)),
        )
