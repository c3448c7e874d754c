"""An owner's own Core Lightning: reached by its client certificate, used like any other node, never stopped."""

import time

import msgspec
import pytest

from bus.operations.facts import OpRef
from schemas.doors import AccessEnvelope, ClnAccess
from schemas.facts import Narrowed, NodeStarted, Registered
from schemas.requests import NodeDelete, NodeStart, NodeStop
from schemas.sealed import SeedAccepted, SeedRefused, SeedReply
from services.node_manager.lifecycle import looks
from services.node_manager.watch import keeper
from services.sandbox.greenlight.own_cln import ClnFiles
from tests.waiting import until

from .asking import Person, failure
from .handing_over import delivery
from .place import Place, Replica, traces

ALL_FACTS = ["requested", "opened", "registered", "scheduled", "narrowed", "ready"]


def access_of(files: ClnFiles, **other: str) -> ClnAccess:
    """What the owner has in the node's folder."""
    access = ClnAccess(
        node_id=files.node_id,
        uri=files.uri,
        ca=(files.folder / "ca.pem").read_text(),
        certificate=(files.folder / "client.pem").read_text(),
        key=(files.folder / "client-key.pem").read_text(),
    )
    return msgspec.structs.replace(access, **other)


async def handed_over(place: Place, person: Person, key: str, replica: Replica, access: ClnAccess) -> SeedReply:
    """Seal it and hand it over, as device and edge do."""
    to = await place.sealing_key(replica.instance)
    envelope = AccessEnvelope(
        access=access, owner_pubkey=person.pubkey, idempotency_key=key, sealed_at=int(time.time())
    )
    sealed = delivery(person, key, to.kid, to.public_key, envelope)
    return await place.through_door(replica.instance, sealed)


async def register(place: Place, person: Person, key: str, node_id: str) -> OpRef:
    """Put `node.register` on INGRESS."""
    return await place.ask_node(person, key, node_id, door="cln")


async def replica_of(place: Place, *, allow_private: bool = True) -> Replica:
    """A node-manager that may (or may not) reach loopback."""
    return await place.replica(settings=msgspec.structs.replace(place.settings, cln_allow_private=allow_private))


async def test_it_is_registered_used_and_forgotten_like_any_other(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(looks, "SOONEST_S", 0.2)
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    await place.offer_builder()
    access = access_of(files)
    assert await handed_over(place, person, "k", replica, access) == SeedAccepted(node_id=files.node_id)
    op = await place.ended(await register(place, person, "k", files.node_id))
    assert [fact.name for fact in op.facts] == ALL_FACTS
    assert op.body("registered") == Registered(node_id=files.node_id, network="regtest", how="self-hosted")
    assert op.body("narrowed") == Narrowed(node_id=files.node_id, methods=())
    await place.stands_at(person, files.node_id, "synced", "attached")
    assert await place.reaches(await place.ask_name(person, "n", "alice", files.node_id), "offered")
    started = await place.ended(await place.about_node(NodeStart, person, "s", files.node_id))
    assert isinstance(started.body("node-started"), NodeStarted)
    stopped = await place.ended(await place.about_node(NodeStop, person, "t", files.node_id))
    assert failure(stopped).code == "node-self-hosted"
    assert "Schedule" not in place.world.state()["calls"]  # type: ignore[operator]  # calls by name

    needles = [line.encode() for line in access.key.splitlines()[1:-1]]
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", needles) == []
    said = "".join(capfd.readouterr())
    assert [needle for needle in needles if needle.decode() in said] == []


async def test_it_is_watched_again_after_a_restart(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "SOONEST_S", 0.2)
    monkeypatch.setattr(keeper, "ADOPT_EVERY_S", 0.2)
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    await handed_over(place, person, "k", replica, access_of(files))
    assert (await place.ended(await register(place, person, "k", files.node_id))).has("ready")
    await place.stands_at(person, files.node_id, "synced", "attached")
    await replica.stop()
    before = await place.balance(person, files.node_id)
    assert before is not None
    await replica_of(place)

    async def read_again() -> bool:
        found = await place.balance(person, files.node_id)
        return found is not None and found.as_of > before.as_of

    await until(read_again)


async def test_a_new_certificate_takes_the_place_of_the_old_and_all_goes_with_the_node(place: Place) -> None:
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    await place.offer_builder()
    for key in ("one", "two"):
        await handed_over(place, person, key, replica, access_of(files))
        assert (await place.ended(await register(place, person, key, files.node_id))).has("ready")
    record = await place.record(person, files.node_id)
    assert record is not None
    assert record.op == person.op("two")
    deleted = await place.ended(await place.about_node(NodeDelete, person, "d", files.node_id))
    assert deleted.has("node-deleted")
    assert await place.record(person, files.node_id) is None


async def test_another_node_at_that_address_is_refused(place: Place) -> None:
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    other = "02" + "ab" * 32
    assert await handed_over(place, person, "k", replica, access_of(files, node_id=other)) == SeedAccepted(
        node_id=other
    )
    op = await place.ended(await register(place, person, "k", other))
    assert failure(op).code == "registration-refused"
    assert await place.record(person, other) is None


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ({"uri": "https://127.0.0.1:99999"}, "port"),
        ({"uri": "https://nowhere.invalid:1"}, "not found"),
        ({"ca": "none"}, "PEM"),
        ({"key": "none"}, "PEM"),
    ],
)
async def test_what_is_no_way_to_a_node_is_refused_by_its_rule(place: Place, other: dict[str, str], rule: str) -> None:
    replica, person, files = await replica_of(place), Person(), await place.world.start_own_cln()
    said = await handed_over(place, person, "k", replica, access_of(files, **other))
    assert isinstance(said, SeedRefused)
    assert (said.code, rule in said.detail) == ("cln-access-invalid", True), said.detail


async def test_nobody_leads_us_into_our_own_network(place: Place) -> None:
    replica, person, files = await replica_of(place, allow_private=False), Person(), await place.world.start_own_cln()
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "0.0.0.0"):
        said = await handed_over(place, person, "k", replica, access_of(files, uri=f"https://{host}:9736"))
        assert isinstance(said, SeedRefused), host
        assert said.code == "cln-access-invalid"
