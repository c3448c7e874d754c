"""The life of a name through every real part: rotated without a gap, taken back, given up, and its rest."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from schemas.names import Name
from schemas.settings import Settings
from services.mesh.device.owner import Owner, Refused
from tests.e2e.looking import texts_at, until_fact
from tests.e2e.prober import active_offers, offer_in, probing
from tests.harness import Json, Mesh, newest, running_mesh

TTL_S = 4
SETTINGS = Settings(
    ack_wait_s=3,
    sweep_after_s=5,
    sandbox_boot_delay_s=0.2,
    sandbox_resolver_lag_s=0.2,
    record_ttl_s=TTL_S,
    settle_margin_s=1.0,
)


@pytest.fixture
async def brief(tmp_path: Path) -> AsyncIterator[Mesh]:
    """A mesh whose caches forget within seconds."""
    async with running_mesh(tmp_path, settings=SETTINGS) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        yield mesh


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Mesh]:
    """A mesh whose caches keep what they have long enough for second thoughts."""
    async with running_mesh(tmp_path, settings=msgspec.structs.replace(SETTINGS, record_ttl_s=3 * TTL_S)) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        yield mesh


async def seller(mesh: Mesh, username: str) -> Owner:
    """An owner whose name is live."""
    owner = await mesh.owner_with_node()
    operation = await mesh.name(owner, username)
    assert operation["state"] == "succeeded", operation
    return owner


async def shown(mesh: Mesh, username: str) -> Json:
    """What anybody is told about the name who demands everything that was stored by now."""
    url = f"{mesh.stack.edge_url}/v1/names/{username}@shop.test"
    answer = await mesh.client.get(url, headers={"X-Revision": newest("names")})
    assert answer.status_code == 200, answer.text
    return cast("Json", answer.json())


async def rotate(mesh: Mesh, owner: Owner, username: str, key: str) -> Json:
    return await mesh.ended(owner, await owner.rotate_offer(f"{username}@shop.test", key), within_s=90)


async def test_names_that_are_rotated_never_stop_working(brief: Mesh) -> None:
    usernames = ("anna", "berta", "carla")
    owners = [await seller(brief, username) for username in usernames]
    first = [str((await shown(brief, username))["offer"]) for username in usernames]
    async with probing(brief, *(Name(username, "shop.test") for username in usernames)) as prober:
        await prober.look()
        for key in ("once", "again"):
            work = (rotate(brief, owner, username, key) for owner, username in zip(owners, usernames, strict=True))
            for ended in await asyncio.gather(*work):
                assert ended["state"] == "succeeded", ended
        await prober.until_rounds(20)
    assert not prober.wrong
    live = [await shown(brief, username) for username in usernames]
    for username, before, now in zip(usernames, first, live, strict=True):
        offers = prober.seen[f"{username}@shop.test"]
        assert (offers[0], offers[-1], len(set(offers))) == (before, now["offer"], 3)
        assert (now["state"], now["uri"]) == ("active", f"bitcoin:?lno={now['offer']}")
        assert texts_at(await brief.control("/control/state"), username) == [now["uri"]]
    assert set(active_offers(await brief.control("/control/state"))) == {str(now["offer"]) for now in live}


async def test_a_rotation_that_is_taken_back_was_never_a_gap(patient: Mesh) -> None:
    owner = await seller(patient, "dora")
    before = await shown(patient, "dora")
    async with probing(patient, Name("dora", "shop.test")) as prober:
        operation = await owner.rotate_offer("dora@shop.test", "rotate")
        await until_fact(owner, operation, "authoritative", within_s=60)
        with pytest.raises(Refused) as busy:
            await _refused(patient, owner, await owner.rotate_offer("dora@shop.test", "another"))
        assert busy.value.code == "name-busy"
        await owner.cancel(operation)
        ended = await patient.ended(owner, operation, within_s=90)
        assert ended["state"] == "cancelled"
        facts = [str(entry["fact"]) for entry in cast("list[Json]", ended["facts"])]
        assert facts[-3:] == ["restored", "offer-disabled", "unchanged"]
    assert not prober.wrong
    assert await shown(patient, "dora") | {"seq": 0} == before | {"seq": 0}
    assert list(active_offers(await patient.control("/control/state"))) == [before["offer"]]
    assert (await rotate(patient, owner, "dora", "after"))["state"] == "succeeded"


async def test_a_name_that_is_given_up(brief: Mesh) -> None:
    owner, other = await seller(brief, "emma"), await brief.owner_with_node()
    assert [offer_in(text) for text in texts_at(await brief.control("/control/state"), "emma")]
    for stolen in (other.rotate_offer("emma@shop.test", "r"), other.release_name("emma@shop.test", "d")):
        with pytest.raises(Refused) as refused:
            await stolen
        assert refused.value.code == "name-not-yours"
    ended = await brief.ended(owner, await owner.release_name("emma@shop.test", "release"), within_s=90)
    assert ended["state"] == "succeeded", ended
    state = await brief.control("/control/state")
    assert (texts_at(state, "emma"), active_offers(state)) == ([], {})
    rests = await shown(brief, "emma")
    assert (rests["available"], rests["state"], rests["uri"]) == (False, "quarantined", None)
    assert cast("Json", rests["reason"])["code"] == "name-quarantined"
    taken = await brief.name(other, "emma", "wanted")
    assert (taken["state"], cast("Json", taken["problem"])["code"]) == ("failed", "name-quarantined")
    with pytest.raises(Refused) as gone:
        await owner.rotate_offer("emma@shop.test", "late")
    assert gone.value.code == "name-unknown"
    assert (await brief.name(owner, "emma", "mine-again"))["state"] == "succeeded"


async def _refused(mesh: Mesh, owner: Owner, operation: str) -> None:
    """Raise what the operation was refused with."""
    ended = await mesh.ended(owner, operation)
    problem = cast("Json", ended["problem"])
    raise Refused(409, str(problem["code"]), str(problem["detail"]), retryable=True)
