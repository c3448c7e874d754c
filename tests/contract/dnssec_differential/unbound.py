"""unbound as the independent judge: its own process, configuration, trust anchor and clock, on a free port.

What is hardened beyond its defaults, and what is not, stands in `_CONFIG`: nothing that would make it less strict about
DNSSEC; `aggressive-nsec` is off so that one case cannot answer for another.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from bus.servers.ports import free_ports

READY_WITHIN_S = 30.0
ANSWER_WITHIN_S = 5.0

_CONFIG = """
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
  trust-anchor: ". DS {anchor}"
  trust-anchor-signaling: no
  local-zone: "test." nodefault
  val-override-date: "{now}"
  harden-dnssec-stripped: yes
  harden-glue: yes
  harden-referral-path: no
  harden-below-nxdomain: no
  harden-algo-downgrade: no
  aggressive-nsec: no
  qname-minimisation: no
  target-fetch-policy: "0 0 0 0 0"
  num-threads: 1
  verbosity: 1
  val-log-level: 2
  edns-buffer-size: 1232
remote-control:
  control-enable: no
"""
_STUB = """
stub-zone:
  name: "{zone}"
  stub-addr: {address}@{port}
"""


@dataclass(frozen=True)
class Judged:
    """What a validator said: secure, insecure, bogus, indeterminate or (nothing in time) silent, and the TXT texts."""

    verdict: str
    texts: frozenset[bytes]


@dataclass(frozen=True)
class Unbound:
    """A running validator on loopback."""

    port: int

    async def judge(self, name: dns.name.Name) -> Judged:
        """What it says about the TXT records of `name`."""
        question = dns.message.make_query(name, dns.rdatatype.TXT, want_dnssec=True)
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                question, "127.0.0.1", port=self.port, timeout=ANSWER_WITHIN_S, ignore_unexpected=True
            )
        except dns.exception.Timeout:
            return Judged("silent", frozenset())
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return Judged("bogus", frozenset())
        texts = [rr for rr in answer.answer if rr.rdtype == dns.rdatatype.TXT]
        joined = frozenset(b"".join(record.strings) for rr in texts for record in rr)
        return Judged("secure" if answer.flags & dns.flags.AD else "insecure", joined)


@asynccontextmanager
async def running_unbound(
    folder: Path, anchor: str, now: str, zones: Iterable[tuple[dns.name.Name, str]], port: int
) -> AsyncIterator[Unbound]:
    """unbound that trusts `anchor` (a DS's text) and lives at `now` (YYYYMMDDHHmmSS, as an RRSIG shows it).

    It asks for each of `zones` at its address and `port`.
    """
    program = shutil.which("unbound", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
    if program is None:
        pytest.skip("unbound is not installed (Debian: unbound)")
    [mine] = free_ports([0])
    stubs = (_STUB.format(zone=zone, address=address, port=port) for zone, address in zones)
    file = folder / "unbound.conf"
    file.write_text(_CONFIG.format(port=mine, folder=folder, anchor=anchor, now=now) + "".join(stubs))
    process = await asyncio.create_subprocess_exec(program, "-d", "-c", str(file))
    try:
        await _answers(mine, process, folder / "unbound.log")
        yield Unbound(mine)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    question = dns.message.make_query("version.bind.", "TXT", "CH")
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            assert process.returncode is None, log.read_text() if log.exists() else "unbound did not start"
            with contextlib.suppress(OSError, dns.exception.DNSException, EOFError):
                await dns.asyncquery.tcp(question, "127.0.0.1", port=port, timeout=1)
                return
            await asyncio.sleep(0.05)
