"""The doors through which no seed passes: a challenge that a device answers, a pairing that a wallet approves."""

import base64
import time
from collections.abc import Callable

import msgspec
import pytest

from bus.operations.facts import OpRef
from bus.tables import subjects
from schemas.base import encode
from schemas.doors import AnswerEnvelope, Device, DeviceAnswer, DeviceReply, DeviceWanted
from schemas.facts import Narrowed, PairingOffered, Registered
from schemas.flows import FLOWS
from schemas.greenlight import rune as runes
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.nodes import Door
from schemas.sealed import SeedAccepted, SeedRefused, SeedReply
from services.mesh.device.pairing import NotApproved
from services.mesh.device.signer import Signer
from services.mesh.device.vouching import vouch
from services.node_manager.methods import METHOD_NAMES
from tests.kept_secrets import kept_secrets
from tests.secrets_search import encodings, files_below, search

from .asking import PATIENCE_S, Person, failure
from .handing_over import delivery
from .place import Place, traces

ALL_FACTS = ["requested", *(step.done for step in FLOWS["node.register"].steps)]


def keys_of(person: Person) -> NodeKeys:
    """The keys in the person's wallet."""
    return NodeKeys.from_secret(secret_from_mnemonic(person.words), "regtest")


async def device_for(place: Place, person: Person, key: str, instance: str) -> DeviceReply:
    """What the edge gets for `POST /v1/nodes/devices`."""
    wanted = DeviceWanted(op=person.op(key), owner=person.owner, node_id=keys_of(person).node_id.hex())
    reply = await place.sec.nc.request(subjects.door_device(instance), encode(wanted), timeout=PATIENCE_S)
    answer: DeviceReply = msgspec.json.decode(reply.data, type=DeviceReply)
    return answer


async def given(place: Place, person: Person, key: str, instance: str) -> Device:
    """A device that was given out."""
    device = await device_for(place, person, key, instance)
    assert isinstance(device, Device), device
    return device


async def answered(
    place: Place, person: Person, key: str, device: Device, answer: DeviceAnswer, *, sealed_for: str = ""
) -> SeedReply:
    """Seal the answer and hand it over, as device and edge do."""
    envelope = AnswerEnvelope(
        answer=answer, owner_pubkey=person.pubkey, idempotency_key=sealed_for or key, sealed_at=int(time.time())
    )
    sealed = delivery(person, key, device.kid, device.public_key, envelope)
    return await place.through_door(device.instance, sealed)


async def register(place: Place, person: Person, key: str, door: Door) -> OpRef:
    """Put `node.register` on INGRESS."""
    return await place.ask_node(person, key, keys_of(person).node_id.hex(), door=door)


async def through_challenge(place: Place, person: Person, key: str, instance: str) -> OpRef:
    """Everything up to the request."""
    device = await given(place, person, key, instance)
    said = await answered(place, person, key, device, vouch(keys_of(person), device))
    assert said == SeedAccepted(node_id=keys_of(person).node_id.hex())
    return await register(place, person, key, "challenge")


async def test_a_node_comes_in_by_challenge_and_its_seed_never_does(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    replica, person = await place.replica(), Person()
    op = await place.ended(await through_challenge(place, person, "k", replica.instance))
    node_id = keys_of(person).node_id.hex()
    assert [fact.name for fact in op.facts] == ALL_FACTS
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="registered")
    assert op.body("narrowed") == Narrowed(node_id=node_id, methods=METHOD_NAMES)
    await place.stands_at(person, node_id, "rpc", "detached")
    keys = keys_of(person)
    secrets = [value.expose() for _, value in keys.startup_secrets] + [keys.rune_secret.expose()]
    needles = [form for value in secrets for form in (value, value.hex().encode(), base64.b64encode(value))]
    needles += [b"BEGIN PRIVATE", b"pubkey=04"]
    kept = await kept_secrets(place.settings, person.owner, node_id)
    needles += [form for value in kept.values() for form in encodings(value).values()]
    await replica.stop()
    await place.server.stop()
    assert traces(place.folder / "bus", [node_id.encode()]), "the search finds nothing at all"
    assert traces(place.folder / "bus", needles) == []
    said = "".join(capfd.readouterr())
    assert "door.answered" in said
    assert [needle for needle in needles if needle.decode("latin-1") in said] == []


async def nothing_is_left(place: Place, secrets: dict[str, bytes], capfd: pytest.CaptureFixture[str]) -> None:
    """End the place: no secret is in the store, or was said."""
    await place.server.stop()
    said = "".join(capfd.readouterr()).encode()
    assert b"node.register" in said, "or nothing was searched"
    assert not search(secrets, [("what was said", said), *files_below(place.folder / "bus")])


async def test_a_node_that_exists_is_recovered_with_the_answers_that_were_given(place: Place) -> None:
    replica, first, second = await place.replica(), Person(), Person()
    node_id = await place.registered(first, "k", replica.instance)
    second.words = first.words
    op = await place.ended(await through_challenge(place, second, "k", replica.instance))
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="recovered")
    assert op.has("ready")


async def test_another_replica_than_the_one_that_holds_the_answer_does_the_steps(place: Place) -> None:
    first, second = await place.replica(), await place.replica()
    people = [Person() for _ in range(4)]
    refs = [
        await through_challenge(place, person, "k", replica.instance)
        for person, replica in zip(people, (first, second, first, second), strict=True)
    ]
    assert [(await place.ended(ref)).has("ready") for ref in refs] == [True] * 4


async def test_an_answer_that_was_lost_with_its_process_is_asked_for_again(place: Place) -> None:
    first, person = await place.replica(), Person()
    device = await given(place, person, "k", first.instance)
    await answered(place, person, "k", device, vouch(keys_of(person), device))
    await first.stop()
    second = await place.replica()
    ref = await register(place, person, "k", "challenge")
    await place.reaches(ref, "seed-lost")
    again = await given(place, person, "k", second.instance)
    assert again.pubkey != device.pubkey
    assert isinstance(await answered(place, person, "k", again, vouch(keys_of(person), again)), SeedAccepted)
    assert (await place.ended(ref)).has("ready")


async def test_challenges_that_an_attempt_used_up_are_given_anew(place: Place) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(lose_answer="Register")
    place.world.set_fault(lose_answer="Recover")
    ref = await through_challenge(place, person, "k", replica.instance)
    await place.reaches(ref, "seed-lost")
    again = await given(place, person, "k", replica.instance)
    await answered(place, person, "k", again, vouch(keys_of(person), again))
    op = await place.ended(ref)
    assert op.has("ready")
    registered = op.body("registered")
    assert isinstance(registered, Registered)
    assert registered.how == "recovered"


def _other_rune(answer: DeviceAnswer, device: Device) -> DeviceAnswer:
    wide = runes.mint(b"\x01" * 32, bytes.fromhex(device.pubkey)).text
    return msgspec.structs.replace(answer, rune=wide)


BROKEN: dict[str, Callable[[DeviceAnswer, Device], DeviceAnswer]] = {
    "registering": lambda answer, _: msgspec.structs.replace(answer, signed_register=answer.signed_recover),
    "recovering": lambda answer, _: msgspec.structs.replace(answer, signed_recover=answer.signed_register),
    "init message": lambda answer, _: msgspec.structs.replace(answer, init_msg="00" * 180),
    "extended key": lambda answer, _: msgspec.structs.replace(answer, bip32_key="04" * 78),
    "start-up": lambda answer, _: msgspec.structs.replace(answer, startup=answer.startup[:5]),
    "rune": _other_rune,
}


async def test_an_answer_that_does_not_fit_is_refused_by_the_rule_it_breaks(place: Place) -> None:
    replica, person = await place.replica(), Person()
    device = await given(place, person, "k", replica.instance)
    good = vouch(keys_of(person), device)
    for rule, spoil in BROKEN.items():
        said = await answered(place, person, "k", device, spoil(good, device))
        assert isinstance(said, SeedRefused)
        assert said.code == "device-answer-invalid"
        assert rule in said.detail
    stranger = await answered(place, person, "k", device, vouch(keys_of(Person()), device))
    assert isinstance(stranger, SeedRefused)
    assert isinstance(await answered(place, person, "k", device, good), SeedAccepted), "nothing of that stuck"


async def test_an_answer_for_another_request_or_process_is_refused(place: Place) -> None:
    replica, person = await place.replica(), Person()
    device = await given(place, person, "k", replica.instance)
    good = vouch(keys_of(person), device)
    bound = await answered(place, person, "k", device, good, sealed_for="another")
    assert isinstance(bound, SeedRefused)
    assert bound.code == "sealed-box-invalid"
    nobody_asked = await answered(place, person, "other", device, good)
    assert isinstance(nobody_asked, SeedRefused)
    assert nobody_asked.code == "device-unknown"
    elsewhere = await place.replica()
    foreign = await answered(place, person, "k", msgspec.structs.replace(device, instance=elsewhere.instance), good)
    assert isinstance(foreign, SeedRefused)
    assert foreign.code == "sealing-key-unknown"
    for hostile in (b"", b"{}", b"\xff", b'{"op":"x"}', b"[" * 5000):
        for subject in (subjects.door_device(replica.instance), subjects.door_answer(replica.instance)):
            reply = await place.sec.nc.request(subject, hostile, timeout=PATIENCE_S)
            assert isinstance(msgspec.json.decode(reply.data, type=SeedReply), SeedRefused)
    assert isinstance(await answered(place, person, "k", device, good), SeedAccepted)


async def test_no_device_is_given_while_the_scheduler_is_down(place: Place) -> None:
    replica, person = await place.replica(), Person()
    place.world.set_fault(scheduler_down=True)
    said = await device_for(place, person, "k", replica.instance)
    assert isinstance(said, SeedRefused)
    assert said.code == "scheduler-unavailable"


async def test_a_wallet_pairs_us_without_a_signer_and_with_a_narrow_rune(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    replica, person, before = await place.replica(), Person(), Person()
    before.words = person.words
    node_id = await place.registered(before, "k", replica.instance)  # the wallet's node exists
    async with Signer(place.addresses, person.words) as wallet:
        ref = await register(place, person, "p", "pairing")
        op = await place.reaches(ref, "pairing-offered")
        offered = op.body("pairing-offered")
        assert isinstance(offered, PairingOffered)
        await wallet.wait_attached(PATIENCE_S)
        await wallet.pair(offered.code)
        op = await place.ended(ref)
    assert [fact.name for fact in op.facts if fact.name != "pairing-offered"] == ALL_FACTS
    assert op.body("registered") == Registered(node_id=node_id, network="regtest", how="paired")
    assert [row["how"] for row in place.devices(node_id)][-1] == "paired"
    secrets = await kept_secrets(place.settings, person.owner, node_id)
    await replica.stop()
    await nothing_is_left(place, secrets, capfd)


async def test_a_pairing_that_another_wallet_approves_is_refused(place: Place) -> None:
    replica, person, other = await place.replica(), Person(), Person()
    await place.registered(person, "k", replica.instance)
    await place.registered(other, "k", replica.instance)
    stranger = Person()
    stranger.words = person.words
    ref = await register(place, stranger, "p", "pairing")
    offered = (await place.reaches(ref, "pairing-offered")).body("pairing-offered")
    assert isinstance(offered, PairingOffered)
    async with Signer(place.addresses, other.words) as wallet:
        with pytest.raises(NotApproved, match="not a pairing code"):
            await wallet.pair("lnurl" + offered.code)
        await wallet.wait_attached(PATIENCE_S)
        await wallet.pair(offered.code)
        op = await place.ended(ref)
    assert failure(op).code == "registration-refused"
    assert await place.record(stranger, offered.node_id) is None


async def test_a_pairing_whose_process_died_is_over(place: Place) -> None:
    first, person = await place.replica(), Person()
    await place.registered(person, "k", first.instance)
    stranger = Person()
    stranger.words = person.words
    ref = await register(place, stranger, "p", "pairing")
    await place.reaches(ref, "pairing-offered")
    await first.stop()
    await place.replica()
    op = await place.ended(ref)
    assert failure(op).code == "pairing-lost"
