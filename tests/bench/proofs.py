"""Proofs of names: verified and built per second on one core, walks and full P1…P3 looks, beside delv and unbound.

Everything is on loopback and in one run, so the numbers can be compared with each other. What needs a program that is
not installed is left out, and said.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import dns.asyncquery
import dns.flags
import dns.message
import dns.name
from dns.rdatatype import TXT

from schemas.world import World
from services.dnssec_verifier.app import make_handlers, make_network, make_verifier, make_walker
from services.dnssec_verifier.chain import anchors
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.handlers.prove import Prove
from services.dnssec_verifier.names import absolute
from services.dnssec_verifier.proof.build import build
from services.dnssec_verifier.proof.verify import Holds, ProofVerifier
from services.dnssec_verifier.propagation.examine import Sound
from services.dnssec_verifier.propagation.look import Desired
from services.dnssec_verifier.transport.resolvers import resolver_of, sample
from tests.contract.dnssec_differential.judges import judges, walker_of
from tests.contract.dnssec_differential.zones import QUESTIONS, STYLES
from tests.contract.dnssec_differential.zones import build as build_site
from tests.contract.dnssec_verifier.town import URI, a_town, sandbox_process

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "bip353_proofs.json"
ROUNDS, ROUND_S = 5, 0.5
OWNER_NAME = "bench.user._bitcoin-payment.shop.test."


def run() -> None:
    """Print one line a measurement."""
    _official()
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder, sandbox_process(Path(folder)) as world:
        asyncio.run(_against(world, Path(folder)))


def _official() -> None:
    if not VECTORS.exists():
        print("the official proofs are not beside this checkout")
        return
    for row in json.loads(VECTORS.read_text()):
        if row["expected"] != "valid":
            continue
        proof, name = bytes.fromhex(row["proof_hex"]), dns.name.from_text(row["dns_name"])
        verifier, now = ProofVerifier(anchors.load("")), float(row["suggested_now"])
        assert isinstance(verifier.verify(proof, name, now), Holds)
        _show(f"verify {row['name']} ({len(proof)} bytes)", _rates(lambda: verifier.verify(proof, name, now)))  # noqa: B023  used at once


async def _against(world: World, folder: Path) -> None:
    async with a_town(world, folder) as town:
        await town.put_txt("bench", URI)
        settings, name = town.settings, absolute(OWNER_NAME)
        walker = make_walker(settings)
        answer = await walker.resolve(name, TXT)
        assert isinstance(answer, Answer)
        proof, verifier = build(answer.evidence), make_verifier(settings)
        ours = _rates(lambda: verifier.verify(proof, name, time.time()))
        _show(f"verify our own ({len(proof)} bytes, P-256 all the way)", ours)
        _show("build from a walk", _rates(lambda: build(answer.evidence)))
        _show("walk over the chain cache, and build", await _paced(lambda: _walk_and_build(walker.resolve(name, TXT))))

        async def cold() -> None:
            await _walk_and_build(make_walker(settings).resolve(name, TXT))

        _show("walk from the root, nothing cached, and build", await _paced(cold))
        prove = make_handlers(settings, make_network(settings), walker)["username.register", "prove"]
        assert isinstance(prove, Prove)
        desired = Desired(name, URI.encode(), 300)
        resolvers = [resolver_of(text, "") for text in world.resolvers]

        async def full() -> None:
            assert isinstance(await prove.examiner.examine(desired), Sound)
            await sample(name, desired.payload, resolvers, settings.dns_timeout_s, settings.dns_asks)

        rates = await _paced(full)
        _show("P1, P2 and P3: every address, UDP and TCP, and 3 resolvers 3 times", rates)
        await _through(prove, desired, settings.settle_margin_s, 1 / statistics.median(rates))
        await _others(world, name)


async def _through(prove: Prove, desired: Desired, margin_s: float, work_s: float) -> None:
    """P4 is a wait and no work, so it has no rate: how long one name takes through all four, new and changed."""
    sound = await prove.examiner.examine(desired)
    assert isinstance(sound, Sound)
    new, changed = (max(ttl_s, sound.negative_ttl_s) + margin_s for ttl_s in (0, desired.ttl_s))
    print(
        f"P1…P4, one name: {work_s + new:.2f} s for a new one, {work_s + changed:.2f} s for a changed one (TTL "
        f"{desired.ttl_s} s), of which {work_s * 1000:.0f} ms are work (negative TTL {sound.negative_ttl_s} s, "
        f"margin {margin_s} s)"
    )


async def _others(world: World, name: dns.name.Name) -> None:
    delv = shutil.which("delv")
    if delv is None:
        print("delv is not installed (Debian: bind9-dnsutils): left out")
    else:
        address, _, port = world.resolvers[0].rpartition(":")
        command = [delv, f"@{address}", "-p", port, "-a", world.bind_anchors_file, "+root=.", str(name), "TXT"]

        async def judged() -> None:
            done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
            assert b"fully validated" in done.stdout

        _show("delv, one process a name, by a resolver", await _paced(judged))
    if shutil.which("unbound", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        print("unbound is not installed (Debian: unbound): left out")
        return
    await _unbound()


async def _unbound() -> None:
    with tempfile.TemporaryDirectory(prefix="mesh-bench-") as folder:
        sites = [build_site(f"b{number}", STYLES["compact"]) for number in range(40)]
        async with judges(Path(folder), sites) as (root, unbound, port):
            names = [site.name(QUESTIONS["exact"]) for site in sites]
            started = time.perf_counter()
            for one in names:
                assert (await unbound.judge(one)).verdict == "secure"
            theirs = time.perf_counter() - started
            walker, started = walker_of(root, port), time.perf_counter()
            for one in names:
                assert isinstance(await walker.resolve(one, TXT), Answer)
            ours = time.perf_counter() - started
            both = f"unbound {len(sites) / theirs:,.0f}/s, our walker {len(sites) / ours:,.0f}/s"
            print(f"new zones, one after the other: {both}")

            async def warm() -> None:
                assert (await unbound.judge(names[0])).verdict == "secure"

            _show("unbound, warm, by a dnspython client", await _paced(warm))


async def _walk_and_build(walk: Awaitable[object]) -> None:
    answer = await walk
    assert isinstance(answer, Answer)
    build(answer.evidence)


def _rates(work: Callable[[], object]) -> list[float]:
    rates = []
    for _ in range(ROUNDS):
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < ROUND_S:
            work()
            count += 1
        rates.append(count / (time.perf_counter() - started))
    return rates


async def _paced(work: Callable[[], Awaitable[None]]) -> list[float]:
    rates = []
    for _ in range(ROUNDS):
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < ROUND_S:
            await work()
            count += 1
        rates.append(count / (time.perf_counter() - started))
    return rates


def _show(what: str, rates: list[float]) -> None:
    print(f"{what}: {statistics.median(rates):,.0f}/s  ({min(rates):,.0f} to {max(rates):,.0f})")
