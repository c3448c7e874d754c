"""People, what they ask for, and what they are shown of it."""

import os
import time
from dataclasses import dataclass, field

from mnemonic import Mnemonic

from bus.buckets.kv import Bucket
from bus.client.connection import Bus
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.chronicle import OwnerFact, facts_of_owner
from bus.operations.facts import Operation, OpRef
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.facts import AnyFact, Failed
from schemas.ids import OpId, Owner, op_of, owner_of
from schemas.nodes import Door, NodeState, SignerState
from schemas.records import BalanceRecord, NameRecord, NodeView, OfferRecord
from schemas.requests import (
    FLOW_OF,
    Common,
    FlowRequest,
    Network,
    NodeDelete,
    NodeRegister,
    NodeStart,
    NodeStop,
    UsernameRegister,
)
from tests.waiting import until

PATIENCE_S = 60.0
AboutNode = NodeStart | NodeStop | NodeDelete


@dataclass
class Person:
    """Somebody with a Nostr key and a wallet's words."""

    pubkey: str = field(default_factory=lambda: os.urandom(32).hex())
    words: str = field(default_factory=lambda: Mnemonic("english").generate(128))

    @property
    def owner(self) -> Owner:
        """The owner token."""
        return owner_of(self.pubkey)

    def op(self, key: str) -> OpId:
        """The operation meant by `key`."""
        return op_of(self.owner, key)

    def common(self, key: str) -> Common:
        """What every request of theirs carries."""
        asked_at = utc_text(time.time())
        return Common(op=self.op(key), owner=self.owner, pubkey=self.pubkey, body_sha256="00" * 32, asked_at=asked_at)


class Asking:
    """What is done with an edge's connection alone."""

    edge: Bus

    async def ask_node(
        self, person: Person, key: str, node_id: str, network: Network = "regtest", door: Door = "seed"
    ) -> OpRef:
        """Put `node.register` on INGRESS."""
        request = NodeRegister(
            **person.common(key),
            node_id=node_id,
            network=network,
            door=door,
        )
        return await self.ask(request)

    async def ask_name(self, person: Person, key: str, username: str, node_id: str) -> OpRef:
        """Put `username.register` on INGRESS."""
        request = UsernameRegister(
            **person.common(key),
            username=username,
            domain="shop.test",
            node_id=node_id,
        )
        return await self.ask(request)

    async def about_node(self, kind: type[AboutNode], person: Person, key: str, node_id: str) -> OpRef:
        """Ask something about a node that is registered."""
        return await self.ask(
            kind(
                **person.common(key),
                node_id=node_id,
            )
        )

    async def ask(self, request: FlowRequest) -> OpRef:
        """Put any request on INGRESS."""
        noun, verb = FLOW_OF[type(request)].split(".")
        await publish(self.edge, subjects.request(noun, verb, request.op), encode(request), expect_last=0)
        return OpRef(request.owner, request.op)

    async def names(self, ref: OpRef) -> list[str]:
        """The facts so far."""
        op = await ledger.read(self.edge, ref)
        return [fact.name for fact in op.facts] if op else []

    async def reaches(self, ref: OpRef, fact: str, within_s: float = PATIENCE_S) -> Operation:
        """The operation once `fact` happened; at once, and loudly, if it failed instead."""

        async def there() -> bool:
            op = await ledger.read(self.edge, ref)
            names = [fact.name for fact in op.facts] if op else []
            assert fact == "failed" or "failed" not in names, op
            return fact in names

        await until(there, within_s)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def ended(self, ref: OpRef, within_s: float = PATIENCE_S) -> Operation:
        """The operation once nobody has to act any more."""

        async def over() -> bool:
            op = await ledger.read(self.edge, ref)
            return op is not None and isinstance(slip.position(op), slip.Finished)

        await until(over, within_s)
        op = await ledger.read(self.edge, ref)
        assert op is not None
        return op

    async def facts(self, person: Person, name: str) -> list[AnyFact]:
        """Every fact called `name` in any operation of the person's, in order."""
        found = await facts_of_owner(self.edge, person.owner, 0, at_least=0)
        return [news.fact.body for news in found if isinstance(news, OwnerFact) and news.fact.name == name]

    async def view(self, person: Person, node_id: str) -> NodeView | None:
        """What the person may see of the node."""
        entry = await Bucket(self.edge, "node-views", NodeView).get(f"{person.owner}.{node_id}")
        return entry.value if entry else None

    async def stands_at(self, person: Person, node_id: str, state: NodeState, signer: SignerState) -> NodeView:
        """The view once it says `state` and `signer`."""

        async def there() -> bool:
            found = await self.view(person, node_id)
            return found is not None and (found.state, found.signer) == (state, signer)

        await until(there)
        found = await self.view(person, node_id)
        assert found is not None
        return found

    async def balance(self, person: Person, node_id: str) -> BalanceRecord | None:
        """What the bucket says the person's node holds."""
        entry = await Bucket(self.edge, "balances", BalanceRecord).get(f"{person.owner}.{node_id}")
        return entry.value if entry else None

    async def watched(self, person: Person, node_id: str, channel_msat: int) -> BalanceRecord:
        """The balance once it says `channel_msat` and is current."""

        async def said() -> bool:
            found = await self.balance(person, node_id)
            return found is not None and found.current and found.channel_msat == str(channel_msat)

        await until(said)
        found = await self.balance(person, node_id)
        assert found is not None
        return found

    async def offer_record(self, person: Person, offer: OpId) -> OfferRecord | None:
        """What the bucket says of the person's offer."""
        entry = await Bucket(self.edge, "offers", OfferRecord).get(f"{person.owner}.{offer}")
        return entry.value if entry else None

    async def name_record(self, username: str) -> NameRecord | None:
        """What the bucket says of `username@shop.test`."""
        entry = await Bucket(self.edge, "names", NameRecord).get(f"{username}=shop.test")
        return entry.value if entry else None


def failure(op: Operation) -> Failed:
    """Why the operation failed."""
    found = op.body("failed")
    assert isinstance(found, Failed), [fact.name for fact in op.facts]
    return found
