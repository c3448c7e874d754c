"""Real primaries on loopback, unprivileged and on a free port: Knot and BIND with one zone each, which they sign.

The publisher's key may change TXT below `user._bitcoin-payment` and nothing else; the operator's may do anything. The
configurations are those that `deploy/operations.md` shows.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rrset
import dns.update
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.TXT import TXT

from bus.servers.ports import free_ports
from services.dns_publisher.rfc2136.key_file import read_tsig_key

ZONE = "shop.test"
READY_WITHIN_S = 30.0
SBIN = "/usr/sbin:/usr/local/sbin"
KEY = 'key "{name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{secret}";\n}};\n'
SECRETS = {
    "pub": "cHViLXB1Yi1wdWItcHViLXB1Yi1wdWItcHViLXB1Yi0=",
    "narrow": "bmFycm93LW5hcnJvdy1uYXJyb3ctbmFycm93LW5hcnI=",
    "operator": "b3BlcmF0b3Itb3BlcmF0b3Itb3BlcmF0b3Itb3Blcjo=",
}

_FILE = """\
$TTL 60
@ SOA ns1 hostmaster 1 3600 600 86400 2
@ NS ns1
ns1 A 127.0.0.1
www TXT "not ours"
"""
_KNOT = """\
server:
  listen: 127.0.0.1@{port}
  rundir: {folder}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 2
database:
  storage: {folder}
  journal-db-max-size: 64M
  kasp-db-max-size: 16M
  timer-db-max-size: 8M
log:
  - target: stderr
    any: warning
key:
  - id: pub
    algorithm: hmac-sha256
    secret: {pub}
  - id: narrow
    algorithm: hmac-sha256
    secret: {narrow}
  - id: operator
    algorithm: hmac-sha256
    secret: {operator}
acl:
  - id: pub
    key: [pub, narrow]
    action: update
    update-type: TXT
    update-owner: name
    update-owner-match: sub
    update-owner-name: user._bitcoin-payment
  - id: pub-list
    key: pub
    action: transfer
  - id: operator
    key: operator
    action: [update, transfer]
policy:
  - id: signed
    algorithm: ecdsap256sha256
    nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 0
template:
  - id: default
    storage: {folder}
    file: "%s.zone"
    zonefile-load: difference-no-serial
    journal-content: all
    zonefile-sync: -1
    dnssec-signing: on
    dnssec-policy: signed
zone:
  - domain: {zone}
    acl: [pub, pub-list, operator]
"""
_BIND = """\
options {{
  directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  allow-transfer {{ key pub; key operator; }};
}};
controls {{ }};
key pub {{ algorithm hmac-sha256; secret "{pub}"; }};
key narrow {{ algorithm hmac-sha256; secret "{narrow}"; }};
key operator {{ algorithm hmac-sha256; secret "{operator}"; }};
zone "{zone}" {{
  type primary;
  file "{zone}.zone";
  dnssec-policy default;
  inline-signing no;
  update-policy {{
    grant narrow subdomain user._bitcoin-payment.{zone} TXT;
    grant pub subdomain user._bitcoin-payment.{zone} TXT;
    grant operator zonesub ANY;
  }};
}};
"""


@dataclass
class Primary:
    """A server of one of the kinds, at `port` of loopback, and the process that it is now."""

    kind: str
    folder: Path
    port: int
    process: asyncio.subprocess.Process

    @property
    def route(self) -> str:
        """Its row in the routing table."""
        return f"{ZONE}=rfc2136://127.0.0.1:{self.port}?key={self.folder / 'pub.key'}"

    async def ask(self, name: str, kind: str = "TXT", within_s: float = 30) -> dns.message.Message:
        """The answer for `name`, with signatures."""
        query = dns.message.make_query(name, kind, want_dnssec=True, flags=0)
        answer, _ = await dns.asyncquery.udp_with_fallback(query, "127.0.0.1", port=self.port, timeout=within_s)
        return answer

    async def texts(self, name: str) -> list[bytes]:
        """What the TXT records at `name` say."""
        return [b"".join(rdata.strings) for rdata in _records(await self.ask(name))]

    async def by_hand(self, change: Callable[[dns.update.UpdateMessage], None], key: str = "operator") -> Rcode:
        """A change by somebody else with `key`."""
        update = dns.update.UpdateMessage(ZONE)
        change(update)
        update.use_tsig(read_tsig_key(str(self.folder / f"{key}.key"), "KEY"))
        return (await dns.asyncquery.tcp(update, "127.0.0.1", port=self.port, timeout=30)).rcode()

    async def kill(self) -> None:
        """Gone at once."""
        self.process.kill()
        await self.process.wait()

    async def start_again(self) -> None:
        """The same server over what the last one left."""
        self.process = await _started(self.kind, self.folder)
        await self.ready()

    async def ready(self) -> None:
        """Return once the zone is served and signed."""
        async with asyncio.timeout(READY_WITHIN_S):
            while True:
                assert self.process.returncode is None, (self.folder / "log").read_text()
                with contextlib.suppress(OSError, dns.exception.DNSException, EOFError):
                    answer = await self.ask(ZONE, "SOA", 0.2)  # UDP: nobody says that nobody listens yet
                    if {RdataType.SOA, RdataType.RRSIG} <= {rrset.rdtype for rrset in answer.answer}:
                        return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def a_primary(kind: str, folder: Path) -> AsyncIterator[Primary]:
    """A `knot` or a `bind` over `folder`, until the block ends; skips the test where it is not installed."""
    folder.mkdir(parents=True)
    (port,) = free_ports([0])
    values = {"port": port, "folder": folder, "zone": ZONE, **SECRETS}
    (folder / "conf").write_text({"knot": _KNOT, "bind": _BIND}[kind].format(**values))
    (folder / f"{ZONE}.zone").write_text(_FILE)
    for name, secret in SECRETS.items():
        (folder / f"{name}.key").write_text(KEY.format(name=name, secret=secret))
    primary = Primary(kind, folder, port, await _started(kind, folder))
    try:
        await primary.ready()
        yield primary
    finally:
        if primary.process.returncode is None:
            primary.process.send_signal(signal.SIGTERM)
            await primary.process.wait()


def signed(answer: dns.message.Message) -> bool:
    """Whether what `answer` says of a TXT is signed."""
    return any(rrset.rdtype == RdataType.RRSIG and rrset.covers == RdataType.TXT for rrset in answer.answer)


def payments(answer: dns.message.Message) -> list[bytes]:
    """The payment texts in `answer`."""
    return [text for rdata in _records(answer) if (text := b"".join(rdata.strings)).lower().startswith(b"bitcoin:")]


def _records(answer: dns.message.Message) -> list[TXT]:
    return [rdata for rrset in answer.answer for rdata in rrset if isinstance(rdata, TXT)]


async def _started(kind: str, folder: Path) -> asyncio.subprocess.Process:
    program = {"knot": "knotd", "bind": "named"}[kind]
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if path is None:
        pytest.skip(f"{program} is not installed (Debian: {'knot' if kind == 'knot' else 'bind9'})")
    arguments = {"knot": ["-c"], "bind": ["-f", "-L", str(folder / "named.log"), "-c"]}[kind]
    with (folder / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            path, *arguments, str(folder / "conf"), stdout=log, stderr=log, cwd=folder
        )
