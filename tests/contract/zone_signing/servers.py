"""Real name servers on loopback: Knot for the root and the parent, another Knot for the child, unbound as validator.

All of them listen on one port, on addresses of their own, so that delegations lead where they say. TTLs are a second
or two: what takes days in the world takes seconds here, in the same order.
"""

import asyncio
import base64
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode

from bus.servers.ports import LOOPBACK, free_ports

READY_WITHIN_S = 30.0
DS_TTL_S, DNSKEY_TTL_S = 2, 2
DNSKEY_TTL_LONG_S = 8

_KNOT = """
server:
    rundir: "{folder}"
    pidfile: "{folder}/knot.pid"
{listen}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 4
control:
    listen: "{folder}/knot.sock"
    timeout: 60
log:
  - target: "{folder}/knot.log"
    any: info
database:
    storage: "{folder}"
    journal-db-max-size: 64M
    kasp-db-max-size: 16M
    timer-db-max-size: 8M
"""
_PARENTS = """
key:
  - id: parent-key
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: ds
    key: parent-key
    action: [update, query]
    update-type: DS
policy:
  - id: fixed
    manual: on
    dnskey-ttl: 2
    zone-max-ttl: 2
zone:
  - domain: .
    file: "{folder}/root.zone"
    dnssec-signing: on
    dnssec-policy: fixed
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
  - domain: test.
    file: "{folder}/test.zone"
    dnssec-signing: on
    dnssec-policy: fixed
    acl: ds
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
"""
_CHILD = """
submission:
  - id: by-hand
policy:
  - id: rolling
    algorithm: ecdsap256sha256
    ksk-submission: by-hand
    ksk-lifetime: 0
    zsk-lifetime: 0
    dnskey-ttl: {dnskey_ttl}
    zone-max-ttl: 2
    propagation-delay: 1
    cds-cdnskey-publish: rollover
zone:
  - domain: shop.test.
    file: "{folder}/shop.zone"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    dnssec-signing: {signing}
    dnssec-policy: rolling
"""
_UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  outgoing-port-avoid: 0-65535
  outgoing-port-permit: 10000-19999
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/unbound.log"
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  trust-anchor: "{anchor}"
  trust-anchor-signaling: no
  num-threads: 1
  verbosity: 1
  val-log-level: 2
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""


@dataclass(frozen=True)
class Net:
    """Addresses of this test's own, the port that all name servers share, and the validator's on 127.0.0.1."""

    root: str
    parents: tuple[str, str]
    children: tuple[str, str]
    port: int
    validator: int

    @classmethod
    def free(cls) -> "Net":
        """Addresses and ports that nobody uses."""
        net = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250) + 1}"
        hosts = [f"{net}.{number}" for number in range(1, 6)]
        port, validator = free_ports([0, 0], (*hosts, LOOPBACK))
        return cls(hosts[0], (hosts[1], hosts[2]), (hosts[3], hosts[4]), port, validator)


async def run(*command: str) -> str:
    """The output of `command`; AssertionError with all it said if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{command}: {out.decode()} {err.decode()}"
    return out.decode()


@asynccontextmanager
async def daemon(*command: str, log: Path) -> AsyncIterator[None]:
    """A server for as long as the block runs."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        _, err = await process.communicate()
        assert process.returncode in (0, -15), f"{log.read_text() if log.exists() else ''} {err.decode()}"


async def answers(address: str, port: int, name: str) -> None:
    """Return once the server at `address` answers for `name`."""
    question = dns.message.make_query(name, "SOA")
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    while True:
        try:
            answer = await dns.asyncquery.udp(question, address, timeout=1, port=port)
            if answer.rcode() == dns.rcode.NOERROR and answer.answer:
                return
        except (dns.exception.DNSException, OSError):
            pass
        assert asyncio.get_running_loop().time() < deadline, f"{address} does not answer for {name}"
        await asyncio.sleep(0.05)


@dataclass
class Child:
    """The child's Knot, as its operator handles it."""

    folder: Path
    net: Net
    dnskey_ttl_s: int
    signing: bool = False
    serial: int = 1

    def configure(self) -> None:
        """Write the configuration."""
        head = _KNOT.format(folder=self.folder, listen=_listen(self.net.children, self.net.port))
        signing = "on" if self.signing else "off"
        body = _CHILD.format(folder=self.folder, signing=signing, dnskey_ttl=self.dnskey_ttl_s)
        (self.folder / "knot.conf").write_text(head + body)
        (self.folder / "shop.zone").write_text(
            f"$TTL 2\n$ORIGIN shop.test.\n@ SOA ns1 admin {self.serial} 3600 60 86400 1\n@ NS ns1\n@ NS ns2\n"
            f"ns1 A {self.net.children[0]}\nns2 A {self.net.children[1]}\nwww A 192.0.2.1\nwww TXT shop\n"
        )

    async def knotc(self, *words: str) -> str:
        """One command."""
        return await run("knotc", "-c", str(self.folder / "knot.conf"), "-b", "-f", *words)

    async def sign(self, *, on: bool) -> None:
        """Switch automatic signing on or off."""
        if self.signing is not on:
            self.signing, self.serial = on, self.serial + 1000
            self.configure()
            await self.knotc("reload")
            await self.knotc("zone-reload", "shop.test.")

    async def roll(self) -> None:
        """Begin the roll of the key signing key."""
        await self.knotc("zone-key-rollover", "shop.test.", "ksk")

    async def submitted(self) -> None:
        """The new key's DS is where it should be: go on."""
        await self.knotc("zone-ksk-submitted", "shop.test.")


@dataclass
class World:
    """Everything that runs."""

    folder: Path
    net: Net
    child: Child
    anchors: Path
    parent_key: Path
    resolver_port: int


def _listen(addresses: tuple[str, ...], port: int) -> str:
    return "\n".join(f"    listen: {address}@{port}" for address in addresses)


def _parent_zones(folder: Path, net: Net, ds: str) -> None:
    (folder / "root.zone").write_text(
        "$TTL 2\n. SOA ns.root. admin.root. 1 3600 60 86400 1\n. NS ns.root.\n"
        f"ns.root. A {net.root}\ntest. NS ns1.test.\ntest. NS ns2.test.\n"
        f"ns1.test. A {net.parents[0]}\nns2.test. A {net.parents[1]}\n{ds}"
    )
    (folder / "test.zone").write_text(
        "$TTL 2\n$ORIGIN test.\n@ SOA ns1 admin 1 3600 60 86400 1\n@ NS ns1\n@ NS ns2\n"
        f"ns1 A {net.parents[0]}\nns2 A {net.parents[1]}\nshop NS ns1.shop\nshop NS ns2.shop\n"
        f"ns1.shop A {net.children[0]}\nns2.shop A {net.children[1]}\n"
    )


async def _made_parents(folder: Path, net: Net, secret: str) -> str:
    """Keys and zones of root and parent; the trust anchor as a DS line."""
    config = folder / "knot.conf"
    listen = _listen((net.root, *net.parents), net.port)
    config.write_text(_KNOT.format(folder=folder, listen=listen) + _PARENTS.format(folder=folder, secret=secret))
    found = {}
    for zone in (".", "test."):
        await run("keymgr", "-c", str(config), zone, "generate", "algorithm=ECDSAP256SHA256", "ksk=yes", "zsk=yes")
        lines = (await run("keymgr", "-c", str(config), zone, "ds")).splitlines()
        found[zone] = next(line for line in lines if line.split()[4] == "2")
    _parent_zones(folder, net, found["test."] + "\n")
    return found["."]


@asynccontextmanager
async def real_servers(folder: Path, dnskey_ttl_s: int = DNSKEY_TTL_S) -> AsyncIterator[World]:
    """Root, parent, child and validator."""
    net = Net.free()
    above, below, asked = folder / "parents", folder / "child", folder / "unbound"
    for each in (above, below, asked):
        each.mkdir()
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    key = folder / "parent.key"
    key.write_text(f'key "parent-key" {{\n\talgorithm hmac-sha256;\n\tsecret "{secret}";\n}};\n')
    anchor = await _made_parents(above, net, secret)
    anchors = folder / "anchors"
    anchors.write_text(anchor.replace(" IN ", " ") + "\n")
    child = Child(below, net, dnskey_ttl_s)
    child.configure()
    _unbound(asked, net, anchor)
    unbound = shutil.which("unbound", path="/usr/sbin:/usr/bin") or "unbound"
    async with (
        daemon("knotd", "-c", str(above / "knot.conf"), log=above / "knot.log"),
        daemon("knotd", "-c", str(below / "knot.conf"), log=below / "knot.log"),
        daemon(unbound, "-d", "-c", str(asked / "unbound.conf"), log=asked / "unbound.log"),
    ):
        for address, zone in ((net.root, "."), (net.parents[1], "test."), (net.children[1], "shop.test.")):
            await answers(address, net.port, zone)
        await answers(LOOPBACK, net.validator, "test.")
        yield World(folder, net, child, anchors, key, net.validator)


def _unbound(folder: Path, net: Net, anchor: str) -> None:
    stubs = ((".", (net.root,)), ("test.", net.parents), ("shop.test.", net.children))
    text = _UNBOUND.format(folder=folder, port=net.validator, anchor=anchor)
    for zone, addresses in stubs:
        text += f'stub-zone:\n  name: "{zone}"\n' + "".join(f"  stub-addr: {at}@{net.port}\n" for at in addresses)
    (folder / "unbound.conf").write_text(text)
