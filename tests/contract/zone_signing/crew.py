"""The workers as processes on a real bus, whom a test kills at any moment; requests, and what became of them."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bus.buckets.kv import Bucket
from bus.client.connection import Bus, connect
from bus.client.publish import publish
from bus.operations import ledger, slip
from bus.operations.facts import Operation, OpRef, StoredFact
from bus.tables import subjects
from bus.testing import running_bus
from schemas.base import encode, utc_text
from schemas.ids import op_of, owner_of
from schemas.records import ZoneRecord
from schemas.requests import FLOW_OF, Cancel, FlowRequest
from schemas.settings import Settings, to_environ
from tests.contract.zone_signing.servers import World

MODULES = {"dns-publisher": "services.dns_publisher", "dnssec-verifier": "services.dnssec_verifier"}
WITHIN_S = 180.0


@dataclass
class Crew:
    """Processes by module; a killed one is replaced. `told` is called with each new fact of a followed operation."""

    settings: Settings
    folder: Path
    edge: Bus
    pubkey: str = field(default_factory=lambda: secrets.token_hex(32))
    alive: dict[str, list["asyncio.subprocess.Process"]] = field(default_factory=dict)
    started: list["asyncio.subprocess.Process"] = field(default_factory=list)
    kills: int = 0

    async def hire(self, module: str) -> None:
        """One more process of `module`."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
        environ |= to_environ(self.settings)
        with (self.folder / f"{module}-{len(self.started)}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=environ, stderr=log)
        self.started.append(process)
        self.alive.setdefault(module, []).append(process)

    async def murder(self, module: str) -> None:
        """SIGKILL for the oldest process of `module`, and another in its place."""
        victim = self.alive[module].pop(0)
        victim.kill()
        await victim.wait()
        self.kills += 1
        await self.hire(module)

    async def end(self) -> None:
        """Kill everybody."""
        for process in self.started:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def ask(self, kind: type[FlowRequest], **fields: Any) -> OpRef:
        """An operator's request, put on the bus."""
        owner = owner_of(self.pubkey)
        ref = OpRef(owner, op_of(owner, secrets.token_hex(8)))
        common: dict[str, Any] = {
            "op": ref.op,
            "owner": owner,
            "pubkey": self.pubkey,
            "body_sha256": "00" * 32,
            "asked_at": utc_text(time.time()),
        }
        noun, verb = FLOW_OF[kind].split(".")
        await publish(self.edge, subjects.request(noun, verb, ref.op), encode(kind(**common, **fields)))
        return ref

    async def cancel(self, ref: OpRef) -> None:
        """Take the operation back."""
        cancel = Cancel(
            op=ref.op,
            owner=ref.owner,
            pubkey=self.pubkey,
            body_sha256="00" * 32,
            asked_at=utc_text(time.time()),
        )
        await publish(self.edge, subjects.request("zone", "cancel", ref.op), encode(cancel))

    async def record(self, zone: str = "shop.test") -> ZoneRecord | None:
        """The zone's record now."""
        entry = await Bucket(self.edge, "zones", ZoneRecord).get(zone)
        return None if entry is None else entry.value

    async def follow(
        self,
        ref: OpRef,
        told: Callable[[StoredFact], Any] = lambda _fact: None,
        *until: str,
        within_s: float = WITHIN_S,
    ) -> Operation:
        """The operation once it is over, or has one of `until`; `told` hears of every fact as it appears."""
        deadline, heard = time.monotonic() + within_s, set[str]()
        while True:
            op = await ledger.read(self.edge, ref)
            for fact in op.facts if op is not None else ():
                if fact.name not in heard:
                    heard.add(fact.name)
                    if asyncio.iscoroutine(doing := told(fact)):
                        await doing
            if op is not None and (isinstance(slip.position(op), slip.Finished) or heard & set(until)):
                return op
            assert time.monotonic() < deadline, (sorted(heard), await self.record())
            await asyncio.sleep(0.05)


@asynccontextmanager
async def a_crew(world: World, replicas: int = 2, ds_ttl_s: int = 2, **settings: Any) -> AsyncIterator[Crew]:
    """Workers who reach the real servers of `world`, and may change the DS at its parent."""
    parent = f"rfc2136://{world.net.parents[0]}:{world.net.port}?key={world.parent_key}&ttl={ds_ttl_s}"
    reach: dict[str, Any] = {
        "signing_zones": (f"shop.test=self+{parent}",),
        "dns_root_servers": (world.net.root,),
        "dns_anchors_file": str(world.anchors),
        "dns_port": world.net.port,
        "dns_timeout_s": 2.0,
        "dns_resolvers": (),
        "rdap_bootstrap_url": "",
        "name_domains": (),
        **settings,
    }
    async with crew_of(world.folder, replicas, reach) as crew:
        yield crew


@asynccontextmanager
async def crew_of(folder: Path, replicas: int, reach: dict[str, Any]) -> AsyncIterator[Crew]:
    """A fresh bus, and `replicas` processes of each worker that signing takes."""
    quick: dict[str, Any] = {"settle_margin_s": 1.0, "poll_fast_s": 0.2, "ack_wait_s": 2.0, "sweep_after_s": 2.0}
    async with running_bus(folder, ack_wait_s=2.0) as found, AsyncExitStack() as stack:  # it is the consumers' as well
        whole = msgspec.structs.replace(found, **{**quick, **reach})
        edge = await connect(whole, "edge")
        stack.push_async_callback(edge.close)
        crew = Crew(whole, folder, edge)
        stack.push_async_callback(crew.end)
        for module in (*MODULES.values(),) * replicas:
            await crew.hire(module)
        yield crew
