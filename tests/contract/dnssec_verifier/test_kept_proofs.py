"""Proofs of our own names, kept at hand: given out when the world is cut off, and no longer than they hold."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bus.buckets.kv import Bucket
from bus.buckets.mirror import Mirror
from bus.tables.subjects import RESOLVE
from schemas.base import encode
from schemas.names import name_key
from schemas.records import KeptProof, NameRecord
from schemas.resolve import Resolve, Resolved, ResolveReply, Unresolved, decode_reply
from schemas.world import World
from services.dnssec_verifier.app import make_verifier, make_walker
from services.dnssec_verifier.upkeep.keep import ProofKeeper, renewal_at
from tests.waiting import until

from .test_name_health import NAME, live
from .town import URI, Town, a_town

KEY = name_key(NAME)
OTHER = "bitcoin:?lno=lno1" + "p" * 300


@pytest.fixture
async def watched(world: World, tmp_path: Path) -> AsyncIterator[Town]:
    """A town in which rounds follow each other quickly."""
    async with a_town(world, tmp_path, health_every_s=0.3) as town:
        yield town


@pytest.fixture
async def hasty(world: World, tmp_path: Path) -> AsyncIterator[Town]:
    """The same, and silence is soon taken for what it is."""
    async with a_town(world, tmp_path, health_every_s=0.3, dns_timeout_s=0.5) as town:
        yield town


async def kept(town: Town) -> KeptProof | None:
    entry = await Bucket(await town.bus("dnssec-verifier"), "proofs", KeptProof).get(KEY)
    return entry.value if entry else None


async def kept_for(town: Town, uri: str) -> KeptProof:
    """The kept proof once it is one of `uri`."""

    async def there() -> bool:
        found = await kept(town)
        return found is not None and found.uri == uri

    await until(there)
    found = await kept(town)
    assert found is not None
    return found


async def only(town: Town, uri: str) -> None:
    """The one record at the name."""
    await town.control("dns/records", remove=[{"name": NAME.owner_name, "type": "TXT"}])
    await town.put_txt(NAME.user, uri)


async def resolved(town: Town, name: str = NAME.text) -> ResolveReply:
    answer: Any = await town.edge.nc.request(RESOLVE, encode(Resolve(name=name)), timeout=20)
    return decode_reply(answer.data)


async def test_what_is_kept_is_given_out_when_nobody_can_be_asked(hasty: Town) -> None:
    await only(hasty, URI)
    await hasty.put_txt("unknown", URI)
    await live(hasty)
    async with hasty.service("dnssec_verifier"):
        proof = await kept_for(hasty, URI)
        await hasty.control("dns/faults", faults=["silent"])
        reply = await resolved(hasty)
        assert isinstance(reply, Resolved)
        assert (reply.uri, reply.records, reply.made_at) == (URI, proof.records, proof.made_at)
        assert reply.proof.valid_until == proof.valid_until
        assert isinstance(await resolved(hasty, "unknown@shop.test"), Unresolved), "we keep nothing of others"
        assert await kept(hasty) == proof
        await hasty.control("reset-faults")


async def test_a_proof_follows_the_record_and_goes_with_it(watched: Town) -> None:
    await only(watched, URI)
    await live(watched)
    async with watched.service("dnssec_verifier"):
        await kept_for(watched, URI)
        await only(watched, OTHER)
        await live(watched, uri=OTHER)
        await kept_for(watched, OTHER)
        await live(watched, "releasing", uri=OTHER)

        async def gone() -> bool:
            return await kept(watched) is None

        await until(gone)


@asynccontextmanager
async def a_keeper(town: Town, clock: Callable[[], float] = time.time) -> AsyncIterator[ProofKeeper]:
    bus = await town.bus("dnssec-verifier")
    names = Mirror(bus, "names", NameRecord)
    await names.start()
    settings = town.settings
    proofs = Bucket(bus, "proofs", KeptProof)
    try:
        yield ProofKeeper(names, proofs, make_walker(settings), make_verifier(settings), clock)
    finally:
        await names.stop()


async def test_never_beyond_its_window_nor_for_what_the_name_no_longer_pays(watched: Town) -> None:
    await only(watched, URI)
    await live(watched)
    record = (await Bucket(watched.edge, "names", NameRecord).get(KEY)) or pytest.fail("no record")
    async with a_keeper(watched) as keeper:
        again_s = await keeper.renew(KEY, record.value)
        proof = await kept_for(watched, URI)
        assert again_s == pytest.approx(renewal_at(proof) - time.time(), abs=30)
        assert await keeper.renew(KEY, record.value) <= again_s
        assert await kept(watched) == proof, "it was made again although half its window had not passed"
        assert isinstance(await keeper.find(NAME), Resolved)
        late = replace(keeper, clock=lambda: proof.valid_until + 1.0)
        assert await late.find(NAME) is None
        early = replace(keeper, clock=lambda: proof.made_at - 10 * 86_400.0)
        assert await early.find(NAME) is None
        await forged(watched, proof)
        assert await keeper.find(NAME) is None, "it was believed without being verified"
        await Bucket(await watched.bus("dnssec-verifier"), "proofs", KeptProof).put(KEY, proof)
        for change in ({"state": "paused"}, {"uri": OTHER}, {"offer_expires_at": 5}):
            await changed(watched, keeper, msgspec.structs.replace(record.value, **change))
            assert await keeper.find(NAME) is None, change
        await changed(watched, keeper, record.value)
        assert isinstance(await keeper.find(NAME), Resolved)
        half = replace(keeper, clock=lambda: renewal_at(proof) + 1)
        await half.renew(KEY, record.value)
        renewed = await kept(watched)
        assert renewed is not None
        assert renewed.made_at == int(renewal_at(proof) + 1)


async def forged(town: Town, proof: KeptProof) -> None:
    spoilt = msgspec.structs.replace(proof, records=proof.records.replace(b"qqq", b"qqp", 1))
    await Bucket(await town.bus("dnssec-verifier"), "proofs", KeptProof).put(KEY, spoilt)


async def changed(town: Town, keeper: ProofKeeper, record: NameRecord) -> None:
    revision = await Bucket(await town.bus("offer-builder"), "names", NameRecord).put(KEY, record)
    assert await keeper.names.wait_for(revision, 20)
