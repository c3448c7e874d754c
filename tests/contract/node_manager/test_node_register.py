"""`node.register` end to end: seed through the sealed door, mTLS to scheduler and node, nothing secret left behind."""

import asyncio
import base64
import time

import pytest
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from bus.client.connection import connect
from bus.client.publish import publish
from bus.secrets.sealed import SealingPair
from bus.tables import subjects
from schemas.base import encode, utc_text
from schemas.facts import Narrowed, Ready, Registered
from schemas.flows import FLOWS
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.requests import Cancel
from schemas.sealed import SeedProbe
from schemas.settings import SettingError, Settings
from services.node_manager import patience
from services.node_manager.methods import METHOD_NAMES
from services.node_manager.seeds.door import SeedDoor
from services.node_manager.seeds.vault import SeedVault
from tests.waiting import until

from .asking import PATIENCE_S, Person, failure
from .place import Place, another_key, shorten, traces

ALL_FACTS = ["requested", *(step.done for step in FLOWS["node.register"].steps)]


async def nobody_holds(place: Place, person: Person, key: str) -> bool:
    """Whether no responder is left for the person's seed."""
    sec = await connect(place.settings, "sec-node-manager")
    try:
        await sec.nc.request(subjects.seed_hold(person.op(key)), encode(SeedProbe()), timeout=1)
    except NoRespondersError:
        return True
    except NatsTimeoutError:
        return False  # it was asked while it let go
    finally:
        await sec.close()
    return False


async def test_a_seed_becomes_a_ready_node(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", replica.instance)
    op = await place.ended(await place.ask_node(person, "k", node_id))
    assert [fact.name for fact in op.facts] == ALL_FACTS
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="registered")
    assert op.body("narrowed") == Narrowed(node_id=node_id, methods=METHOD_NAMES)
    ready = op.body("ready")
    assert isinstance(ready, Ready)
    assert (ready.node_id, ready.version) == (node_id, "v25.05gl1")
    record = await place.record(person, node_id)
    assert record is not None
    assert (record.state, record.op, record.owner) == ("rpc", person.op("k"), person.owner)
    assert [device["how"] for device in place.devices(node_id)] == ["registered"]


async def test_nothing_secret_is_left_on_any_disk_and_the_seed_is_gone(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    await until(lambda: nobody_holds(place, person, "k"))
    secret = secret_from_mnemonic(person.words)
    keys = NodeKeys.from_secret(secret, "regtest")
    secrets = [person.words.encode(), bytes(secret), keys.node_key.expose(), keys.rune_secret.expose()]
    secrets += [value.expose() for _, value in keys.startup_secrets]
    needles = [form for value in secrets for form in (value, value.hex().encode(), base64.b64encode(value))]
    needles += [b"BEGIN PRIVATE", b"pubkey=04"]  # a device key or a rune in the clear
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", [node_id.encode()]), "the search finds nothing at all"
    assert traces(place.folder / "bus", needles) == []
    said = "".join(capfd.readouterr())
    assert "seed.held" in said, "the logs were not looked at"
    assert [needle for needle in needles if needle.decode("latin-1") in said] == []
    assert "violation" not in said.lower()


async def test_a_replica_that_does_not_hold_the_seed_asks_the_one_that_does(place: Place) -> None:
    replica, person = await place.replica(), Person()
    sec = await connect(place.settings, "sec-node-manager")
    pair, told = SealingPair(), asyncio.Event()

    async def arrived(*_: object) -> bool:
        told.set()
        return True

    door = SeedDoor(sec, pair, "dooronly", "regtest", arrived, SeedVault())
    await door.start()
    try:
        delivery = await place.box(person, "k", replica.instance, pair=pair)
        reply = await place.hand_over(encode(delivery), "dooronly")
        op = await place.ended(await place.ask_node(person, "k", place.accepted(reply)))
        assert [fact.name for fact in op.facts] == ALL_FACTS
        assert told.is_set()
    finally:
        await door.stop()
        await sec.close()


async def test_two_replicas_share_the_steps_of_seeds_held_by_either(place: Place) -> None:
    replicas, people = [await place.replica(), await place.replica()], [Person() for _ in range(6)]
    async with asyncio.TaskGroup() as group:
        for number, person in enumerate(people):
            group.create_task(place.registered(person, "k", replicas[number % 2].instance))
    assert len(place.nodes()) == 6
    assert all(len(place.devices(node_id)) == 1 for node_id in place.nodes())


async def test_a_seed_sent_again_after_it_was_used_is_not_kept(place: Place) -> None:
    replica, person = await place.replica(), Person()
    await place.registered(person, "k", replica.instance)
    await place.send_seed(person, "k", replica.instance)
    await until(lambda: nobody_holds(place, person, "k"))


async def test_when_the_holder_dies_the_owner_is_told_and_a_seed_sent_again_goes_on_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("FIRST_S", "LONGEST_S"):
        monkeypatch.setattr(patience, pause, 10 * PATIENCE_S)  # no timer will do it in time
    first, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", first.instance)
    await first.stop()
    second = await place.replica()
    ref = await place.ask_node(person, "k", node_id)
    await place.reaches(ref, "seed-lost")
    assert await place.send_seed(person, "k", second.instance) == node_id
    op = await place.ended(ref)
    assert [fact.name for fact in op.facts] == ["requested", "seed-lost", *ALL_FACTS[1:]]


async def test_another_wallets_words_do_not_go_through_and_the_right_ones_still_do(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", replica.instance)
    wrong = await place.box(person, "k", replica.instance, words=Person().words)
    assert place.accepted(await place.hand_over(encode(wrong), replica.instance)) != node_id
    ref = await place.ask_node(person, "k", node_id)
    assert not (await place.reaches(ref, "seed-lost")).has("opened")
    assert place.nodes() == {}
    await place.send_seed(person, "k", replica.instance)
    assert (await place.ended(ref)).has("ready")


async def test_a_seed_that_never_comes_ends_with_its_code(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch, "node.register", open=6)
    await place.replica()
    op = await place.ended(await place.ask_node(Person(), "k", "02" * 33))
    assert [fact.name for fact in op.facts] == ["requested", "seed-lost", "failed"]
    assert failure(op).code == "seed-lost"


async def test_a_scheduler_that_is_down_for_a_while_only_delays(place: Place) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(scheduler_down=True)
    node_id = await place.send_seed(person, "k", replica.instance)
    ref = await place.ask_node(person, "k", node_id)
    await place.reaches(ref, "opened")
    asked = place.calls("GetChallenge")
    await until(lambda: place.more_calls("GetChallenge", asked))
    place.world.set_fault(scheduler_down=False)
    assert (await place.ended(ref)).has("ready")


async def test_a_scheduler_that_stays_down_fails_with_its_code_and_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "node.register", register=6)
    replica, person = await place.replica(), Person()
    place.world.set_fault(scheduler_down=True)
    node_id = await place.send_seed(person, "k", replica.instance)
    op = await place.ended(await place.ask_node(person, "k", node_id))
    assert [fact.name for fact in op.facts] == ["requested", "opened", "failed", "forgotten"]
    assert failure(op).code == "scheduler-unavailable"
    assert await place.record(person, node_id) is None
    await until(lambda: nobody_holds(place, person, "k"))


async def test_a_node_that_boots_too_slowly_fails_with_its_code_and_its_credentials_are_forgotten(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, "node.register", schedule=6)
    replica, person = await place.replica(), Person()
    place.world.set_fault(boot_delay_s=60)
    node_id = await place.send_seed(person, "k", replica.instance)
    op = await place.ended(await place.ask_node(person, "k", node_id))
    assert [fact.name for fact in op.facts] == ["requested", "opened", "registered", "failed", "forgotten"]
    assert failure(op).code == "node-boot-timeout"
    assert await place.record(person, node_id) is None


async def test_a_slow_boot_within_the_steps_time_is_waited_for(place: Place) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(boot_delay_s=4)  # longer than the deadline of one call
    assert await place.registered(person, "k", replica.instance)


@pytest.mark.parametrize("fault", ["lose_answer", "stall"])
async def test_a_registration_whose_answer_got_lost_is_found_not_repeated(place: Place, fault: str) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(**{fault: "Register"})  # type: ignore[arg-type]  # either names a method
    node_id = await place.send_seed(person, "k", replica.instance)
    op = await place.ended(await place.ask_node(person, "k", node_id))
    assert [fact.name for fact in op.facts] == ALL_FACTS
    hows = [device["how"] for device in place.devices(node_id)]
    applied = fault == "lose_answer"
    assert hows == (["registered", "recovered"] if applied else ["registered"])
    assert place.calls("Register") == (1 if applied else 2)


async def test_a_node_known_to_the_scheduler_is_recovered(place: Place) -> None:
    replica, first, second = await place.replica(), Person(), Person()
    node_id = await place.registered(first, "k", replica.instance)
    second.words = first.words  # the same wallet under another Nostr key
    op = await place.reaches(
        await place.ask_node(second, "k", await place.send_seed(second, "k", replica.instance)), "ready"
    )
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="recovered")
    assert [device["how"] for device in place.devices(node_id)] == ["registered", "recovered"]


async def test_registering_again_keeps_good_credentials_and_its_failure_does_not_take_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "one", replica.instance)
    before = await place.record(person, node_id)
    shorten(monkeypatch, "node.register", schedule=6)
    await place.world.stop_node(node_id)
    place.world.set_fault(boot_delay_s=60)
    await place.send_seed(person, "two", replica.instance)
    op = await place.ended(await place.ask_node(person, "two", node_id))
    assert [fact.name for fact in op.facts] == ["requested", "opened", "registered", "failed", "forgotten"]
    after = await place.record(person, node_id)
    assert before is not None
    assert after is not None
    assert (after.op, after.credentials_id) == (before.op, before.credentials_id)
    assert len(place.devices(node_id)) == 1


async def test_cancelling_while_the_node_boots_forgets_the_credentials(place: Place) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(boot_delay_s=60)
    node_id = await place.send_seed(person, "k", replica.instance)
    ref = await place.ask_node(person, "k", node_id)
    await place.reaches(ref, "registered")
    cancel = Cancel(op=ref.op, owner=person.owner, pubkey=person.pubkey, body_sha256="", asked_at=utc_text(time.time()))
    await publish(place.edge, subjects.request("node", "cancel", ref.op), encode(cancel))
    op = await place.ended(ref)
    assert [fact.name for fact in op.facts][-2:] == ["cancelled", "forgotten"]
    assert await place.record(person, node_id) is None


async def test_another_network_is_refused_before_anything_is_asked(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.send_seed(person, "k", replica.instance)
    op = await place.ended(await place.ask_node(person, "k", node_id, network="bitcoin"))
    assert [fact.name for fact in op.facts] == ["requested", "failed"]
    assert failure(op).code == "registration-refused"
    assert place.nodes() == {}


async def test_another_credentials_key_is_refused_at_start_and_nothing_is_overwritten(place: Place) -> None:
    replica, person = await place.replica(), Person()
    node_id = await place.registered(person, "k", replica.instance)
    before = await place.record(person, node_id)
    with pytest.raises(SettingError, match="MESH_CREDENTIALS_KEY_FILE"):
        await place.replica(settings=another_key(place))
    assert await place.record(person, node_id) == before
    assert (await place.replica()).instance  # the right key still starts


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("credentials_key_file", ""),
        ("credentials_key_file", "/nonexistent"),
        ("gl_ca", ""),
        ("gl_nobody_cert", "/nonexistent"),
        ("gl_nobody_key", ""),
    ],
)
async def test_a_missing_file_is_refused_at_start_by_its_settings_name(place: Place, setting: str, value: str) -> None:
    fields = {name: getattr(place.settings, name) for name in place.settings.__struct_fields__}
    with pytest.raises(SettingError, match=f"MESH_{setting.upper()}"):
        await place.replica(settings=Settings(**{**fields, setting: value}))
