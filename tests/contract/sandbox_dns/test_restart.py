"""A restart serves the same zones under the same anchors at the same ports, and a second sandbox is refused."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import dns.asyncquery
import dns.message
import dns.tsig
import httpx
import pytest
from dns.rcode import Rcode
from dns.update import UpdateMessage
from msgspec.structs import asdict

from schemas.settings import Settings, to_environ
from schemas.world import World, read_world
from services.sandbox.box import SandboxBusyError
from services.sandbox.box import running as sandbox
from services.sandbox.dns.world import DnsAddresses
from tests.waiting import until

from .asking import NAME, SHOP_1, Running, delv, new_world, texts

BOB = "bob.user._bitcoin-payment.shop.test."


async def test_zones_keys_and_ports_stay(tmp_path: Path) -> None:
    seen: list[tuple[DnsAddresses, str]] = []
    for _ in range(2):
        world = new_world(tmp_path, lag_s=60)
        running = Running(world, await world.start())
        if not seen:
            running.put('"bitcoin:?lno=one"')
            serial = world.universe.serials()["shop.test."]
        seen.append((running.addresses, running.addresses.anchors_file.read_text()))
        assert texts(await running.ask(SHOP_1)) == ["bitcoin:?lno=one"]
        await world.stop()
    assert seen[0] == seen[1]
    assert world.universe.serials()["shop.test."] > serial


async def test_after_a_restart_resolvers_know_what_was_there_before(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    Running(first, await first.start()).put('"bitcoin:?lno=one"')
    await first.stop()
    second = new_world(tmp_path, lag_s=60)
    running = Running(second, await second.start())
    assert texts(await running.ask(running.addresses.resolvers[0])) == ["bitcoin:?lno=one"]
    assert "; fully validated" in await delv(running.addresses, NAME, "TXT")
    await second.stop()


async def test_one_sandbox_per_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path))
    async with sandbox(settings) as parts:
        with pytest.raises(SandboxBusyError, match="another sandbox"):
            async with sandbox(settings):
                pass
        assert read_world(str(tmp_path)) == parts.world
    assert read_world(str(tmp_path)) is None


class Started:
    """The sandbox as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> World:
        """Start it and wait for its `world.json`."""
        environ = {"PATH": os.environ["PATH"], **to_environ(Settings(data_dir=self._folder))}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.sandbox", env=environ, stderr=asyncio.subprocess.PIPE
        )

        async def described() -> bool:
            world = read_world(self._folder)
            return world is not None and world.pid == self.process.pid

        await until(described, 30)
        world = read_world(self._folder)
        assert world is not None
        return world

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The process."""
        assert self._process is not None
        return self._process

    async def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; exit code and log."""
        self.process.send_signal(number)
        _, log = await asyncio.wait_for(self.process.communicate(), 30)
        return self.process.returncode or 0, log.decode()


async def update(world: World, key_file: str, zone: str, change: Callable[[UpdateMessage], None]) -> None:
    """Send a dynamic update as whoever holds `key_file`."""
    name, secret = re.findall(r'"([^"]+)"', Path(key_file).read_text())
    message = UpdateMessage(zone, keyring=dns.tsig.Key(name, secret, "hmac-sha256"))
    change(message)
    answer = await dns.asyncquery.tcp(message, world.primaries[zone], 30, world.dns_port)
    assert answer.rcode() is Rcode.NOERROR


async def write(world: World, name: str) -> None:
    """Create a TXT record through the API."""
    token = Path(world.cloudflare_token_file).read_text()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=world.cloudflare_base_url, headers=headers, timeout=30) as client:
        zone = (await client.get("/zones")).json()["result"][0]["id"]
        record = {"type": "TXT", "name": name, "content": '"bitcoin:?lno=one"', "ttl": 300}
        (await client.post(f"/zones/{zone}/dns_records", json=record)).raise_for_status()


async def test_the_process_survives_kill_9_with_everything_it_confirmed(tmp_path: Path) -> None:
    sandbox_process = Started(tmp_path)
    before = await sandbox_process.start()
    await write(before, NAME)
    await update(before, before.publisher_key_file, "shop.test.", lambda m: m.add(BOB, 60, "TXT", '"bitcoin:?lno=bob"'))
    await update(before, before.parent_key_file, "test.", lambda m: m.delete("shop.test.", "DS"))
    await sandbox_process.end(signal.SIGKILL)
    after = await sandbox_process.start()
    assert before == World(**{**asdict(after), "pid": before.pid})
    answer = await dns.asyncquery.udp(dns.message.make_query(NAME, "TXT"), SHOP_1, 30, after.dns_port)
    assert texts(answer) == ["bitcoin:?lno=one"]
    delegation = await dns.asyncquery.udp(dns.message.make_query("shop.test.", "DS"), "127.0.0.2", 30, after.dns_port)
    assert delegation.answer == []
    async with httpx.AsyncClient(base_url=after.control_url, timeout=30) as client:
        state = (await client.get("/control/state")).json()
    assert state["dns"]["txt"] == {NAME: ["bitcoin:?lno=one"], BOB: ["bitcoin:?lno=bob"]}
    assert state["cloudflare"]["dnssec"] == "pending"
    code, log = await sandbox_process.end(signal.SIGTERM)
    assert code == 0
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["ready", "stopped"]
    assert read_world(str(tmp_path)) is None
    secrets = [Path(file).read_text() for file in (after.publisher_key_file, after.parent_key_file)]
    for secret in (
        Path(after.cloudflare_token_file).read_text(),
        *(text.split('secret "')[1][:44] for text in secrets),
    ):
        assert secret not in log
