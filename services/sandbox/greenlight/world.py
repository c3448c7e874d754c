"""The whole of the sandbox's Greenlight: what its process starts, breaks on request, and asks for its state."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import grpc.aio
import msgspec
from coincurve import PrivateKey

from proto.scheduler_pb2_grpc import (
    add_DebugServicer_to_server,
    add_PairingServicer_to_server,
    add_SchedulerServicer_to_server,
)
from schemas.requests import Network
from services.sandbox.greenlight.approvals import Approvals
from services.sandbox.greenlight.chain import ChainWish
from services.sandbox.greenlight.debug import DebugService
from services.sandbox.greenlight.faults import Faults
from services.sandbox.greenlight.height import BLOCK_HEIGHT
from services.sandbox.greenlight.hooks import BehindWish, Hooks
from services.sandbox.greenlight.inside import Inside, Surroundings
from services.sandbox.greenlight.money.control import RateWish, money_state
from services.sandbox.greenlight.money.faults import MoneyFault
from services.sandbox.greenlight.money.ledger import Ledger, NoRoom
from services.sandbox.greenlight.money.till import Till
from services.sandbox.greenlight.own_cln import ClnFiles, OwnCln
from services.sandbox.greenlight.pairing import PairingService
from services.sandbox.greenlight.peer import CHANNEL_MSAT
from services.sandbox.greenlight.pki import Authority, Identity, write_key
from services.sandbox.greenlight.scheduler import Fleet, SchedulerService
from services.sandbox.greenlight.shown import node_state
from services.sandbox.greenlight.store import Store, replace_file
from services.sandbox.greenlight.wire import NOBODY_NAME, listen, new_server
from services.sandbox.greenlight.wires import CutWish, Wires
from services.sandbox.greenlight.wishes import AnnounceWish, FaultWish, Receipt, read

_GRACE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class GreenlightAddresses:
    """What a client needs: the scheduler's URI and three PEM files (root CA, developer certificate chain, its key)."""

    scheduler_uri: str
    ca_file: Path
    nobody_cert_file: Path
    nobody_key_file: Path


class GreenlightWorld:
    """A scheduler and its nodes, on loopback. `state_dir` keeps certificates, nodes, offers and the port."""

    def __init__(
        self,
        state_dir: Path,
        *,
        boot_delay_s: float,
        network: Network,
        idle_after_s: float | None = None,
        wires: bool = False,
    ) -> None:
        self._dir, self._network = state_dir.absolute(), network
        self._boot_delay_s, self._idle_after_s = boot_delay_s, idle_after_s
        self._faults, self._debug, self._wires = Faults(), DebugService(), Wires(in_use=wires)
        self._server: grpc.aio.Server | None = None
        self._fleet: Fleet | None = None
        self._till: Till | None = None
        self._uri = ""
        self._own_cln: OwnCln | None = None
        self._hooks: Hooks | None = None

    async def start(self) -> GreenlightAddresses:
        """Serve; everything that was there before is there again, nodes stopped."""
        root, services, users = await asyncio.to_thread(self._authorities)
        provider = self._provider_key()
        self._till = Till.opened(Ledger(self._dir / "money.db", CHANNEL_MSAT), provider, self._inside)
        around = Surroundings(
            store=Store(self._dir / "nodes", users),
            faults=self._faults,
            network=self._network,
            root_pem=root.pem,
            provider_key=provider,
            boot_delay_s=self._delay,
            idle_after_s=lambda: self._faults.idle_after_s or self._idle_after_s,
            calls=Counter(),
            till=self._till,
            wires=self._wires,
        )
        addresses = self._publish(users)
        self._fleet = Fleet(around)
        self._till.network.resume()
        self._server = new_server()
        approvals = Approvals()
        self._hooks = Hooks(around.store, BLOCK_HEIGHT)
        self._till.heard = self._hooks.paid
        scheduler = SchedulerService(around, self._fleet, approvals, self._hooks)
        add_SchedulerServicer_to_server(scheduler, self._server)
        add_PairingServicer_to_server(PairingService(around, approvals), self._server)
        add_DebugServicer_to_server(self._debug, self._server)
        port = await self._listen(self._server, services, root)
        await self._server.start()
        self._uri = f"https://localhost:{port}"
        return replace(addresses, scheduler_uri=self._uri)

    async def start_own_cln(self) -> ClnFiles:
        """A Core Lightning of somebody's own beside the scheduler's nodes; to be called once the world has started."""
        if self._fleet is None:
            raise RuntimeError("the world has not started")
        self._own_cln = OwnCln(self._dir / "own-cln", self._fleet.around)
        return await self._own_cln.start()

    def announce(self, wish: object) -> None:
        """Have gossip hold an announcement of that node, or none, as `AnnounceWish` says. Raises ValueError."""
        if self._own_cln is None:
            raise ValueError("there is no Core Lightning of somebody's own")
        self._own_cln.announce(announced=read(wish, AnnounceWish).announced)

    async def stop(self) -> None:
        """Stop every node and the scheduler."""
        if self._hooks is not None:
            await self._hooks.close()
        if self._own_cln is not None:
            await self._own_cln.stop()
        if self._till is not None:
            await self._till.network.close()
        if self._fleet is not None:
            await asyncio.gather(*(node.close() for node in self._fleet.nodes.values()))
        if self._server is not None:
            await self._server.stop(_GRACE_S)
            self._server = None
        self._wires.close()
        if self._till is not None:
            self._till.ledger.close()
            self._till = None

    def set_fault(
        self,
        *,
        scheduler_down: bool | None = None,
        boot_delay_s: float | None = None,
        idle_after_s: float | None = None,
        lose_answer: str | None = None,
        hold_answer: str | None = None,
        stall: str | None = None,
        freeze: str | None = None,
        times: int = 1,
    ) -> None:
        """Set faults as `FaultWish` describes them; what is None stays."""
        if scheduler_down is not None:
            self._faults.scheduler_down = scheduler_down
        if boot_delay_s is not None:
            self._faults.boot_delay_s = boot_delay_s
        if idle_after_s is not None:
            self._faults.idle_after_s = idle_after_s
        if lose_answer is not None:
            self._faults.lose_answer[lose_answer] += times
        if hold_answer is not None:
            self._faults.hold_answer[hold_answer] += times
        if stall is not None:
            self._faults.stall[stall] += times
        if freeze is not None and self._fleet is not None and freeze in self._fleet.nodes:
            self._fleet.nodes[freeze].inside.frozen = True

    def apply_faults(self, wish: object) -> None:
        """Set faults from JSON-like data in the shape of `FaultWish`. Raises ValueError if it has another."""
        wanted = read(wish, FaultWish)
        self.set_fault(**msgspec.structs.asdict(wanted))

    def reset_faults(self) -> None:
        """No faults any more; payments that are late arrive now."""
        self._faults.reset()
        if self._till is not None:
            self._till.faults.clear()
            self._till.network.release.ring()

    def set_money_fault(self, wish: object) -> None:
        """Arm a fault from JSON-like data in the shape of `MoneyFault`. Raises ValueError if it has another."""
        self._open_till().faults.arm(read(wish, MoneyFault))

    def set_rate(self, wish: object) -> None:
        """What the provider takes, as `RateWish` says it. Raises ValueError if it says something else."""
        self._open_till().rate = read(wish, RateWish).rate

    def cut(self, wish: object) -> None:
        """Cut connections as JSON-like data in the shape of `CutWish` says. Raises ValueError if there are no wires."""
        self._wires.cut(read(wish, CutWish))

    def set_boot_delay(self, seconds: float) -> None:
        """How long a node takes to start from now on, when no fault says otherwise."""
        self._boot_delay_s = seconds

    def receive(self, wish: object) -> None:
        """Let a payment arrive, as JSON-like data in the shape of `Receipt` says. Raises ValueError if it cannot."""
        wanted = read(wish, Receipt)
        node = self._inside(wanted.node_id)
        if node is None or not node.peer.connected:
            raise ValueError("no such node is connected to its peer: it can receive nothing")
        try:
            node.income.receive(wanted.amount_msat, wanted.lag_s)
        except NoRoom:
            raise ValueError("the channel has no room for that") from None

    def behind(self, wish: object) -> None:
        """Post that a node is stuck, as `BehindWish` says. Raises ValueError if it says something else."""
        if self._hooks is None:
            raise ValueError("the sandbox is not running")
        self._hooks.behind(read(wish, BehindWish))

    def read_chain(self, wish: object) -> None:
        """How far a node has read the chain, as `ChainWish` says. Raises ValueError if it says something else."""
        wanted = read(wish, ChainWish)
        self._faults.chains[wanted.node_id] = wanted

    async def stop_node(self, node_id: str) -> None:
        """Preempt a node (66 hex) now: its next start has another address."""
        if self._fleet is not None and node_id in self._fleet.nodes:
            await self._fleet.nodes[node_id].stop()

    def state(self) -> dict[str, object]:
        """Everything worth looking at, as plain data with camelCase keys; nodes by id (66 hex)."""
        if self._fleet is None:
            return {}
        around = self._fleet.around
        return {
            "schedulerUri": self._uri,
            "network": self._network,
            "nodes": {node.node_id: node_state(node, self._fleet) for node in around.store.all()},
            "signerRejections": self._debug.state(),
            "calls": dict(around.calls),
            "wires": self._wires.open,
            "money": money_state(around.till),
            "posted": dict(self._hooks.posted) if self._hooks else {},
        }

    def _inside(self, node_id: str) -> Inside | None:
        """The node, if it is registered or is the one that has no scheduler."""
        if self._own_cln is not None and self._own_cln.node_id == node_id:
            return self._own_cln.inside
        if self._fleet is None or self._fleet.around.store.get(node_id) is None:
            return None
        return self._fleet.get(node_id).inside

    def _open_till(self) -> Till:
        if self._till is None:
            raise ValueError("the sandbox is not running")
        return self._till

    def _delay(self) -> float:
        return self._boot_delay_s if self._faults.boot_delay_s is None else self._faults.boot_delay_s

    def _authorities(self) -> tuple[Authority, Authority, Authority]:
        root = Authority.load(self._dir, "ca")
        if root is None:
            root = Authority.root("GL /")
            root.save(self._dir, "ca")
        return root, self._below(root, "services"), self._below(root, "users")

    def _below(self, root: Authority, name: str) -> Authority:
        known = Authority.load(self._dir, name)
        if known is None:
            known = root.authority(f"GL /{name}")
            known.save(self._dir, name)
        return known

    def _publish(self, users: Authority) -> GreenlightAddresses:
        addresses = GreenlightAddresses(
            "", self._dir / "ca.pem", self._dir / "nobody.crt", self._dir / "nobody-key.pem"
        )
        if not addresses.nobody_key_file.exists():
            nobody = users.identity(NOBODY_NAME)
            replace_file(addresses.nobody_cert_file, nobody.chain_pem)
            write_key(addresses.nobody_key_file, nobody.key_pem)
        return addresses

    def _provider_key(self) -> PrivateKey:
        file = self._dir / "provider.key"
        if not file.exists():
            write_key(file, PrivateKey().to_hex().encode())
        return PrivateKey.from_hex(file.read_text())

    async def _listen(self, server: grpc.aio.Server, services: Authority, root: Authority) -> int:
        file = self._dir / "port"
        before = int(file.read_text()) if file.exists() else 0
        identity: Identity = services.identity("GL /services/scheduler", ("localhost", "127.0.0.1"))
        port = await self._wires.before(listen(server, identity, root.pem, 0 if self._wires.in_use else before), before)
        replace_file(file, str(port).encode())
        return port
