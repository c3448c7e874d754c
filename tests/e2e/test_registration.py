"""From a mnemonic to a live name through every real part, and what stays behind when it cannot be."""

import asyncio
from typing import cast

import pytest

from schemas.bolt12 import decode_offer
from services.mesh.device.owner import Refused
from tests.e2e.looking import texts_at, until_fact
from tests.harness import Json, Mesh, newest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_name_goes_live(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    operation = await calm.name(owner, "live-name")
    assert operation["state"] == "succeeded", operation
    result = cast("dict[str, object]", operation["result"])
    shown = await owner.get("/v1/names/live-name@shop.test", revision=newest("names"))
    assert (shown["state"], shown["uri"]) == ("active", result["uri"])
    uri = str(result["uri"])
    offer = decode_offer(uri.removeprefix("bitcoin:?lno="))
    assert offer
    assert texts_at(await calm.control("/control/state"), "live-name") == [uri]
    resolved = await owner.get("/v1/resolve/live-name@shop.test")
    assert resolved["uri"] == uri


async def test_a_registered_node_is_shown_to_its_owner_alone(calm: Mesh) -> None:
    owner, stranger = calm.owner(), calm.owner()
    operation = await calm.node(owner)
    result = cast("Json", operation["result"])
    shown = await owner.get(f"/v1/nodes/{result['nodeId']}", revision=newest("nodes"))
    assert (shown["state"], shown["operation"]) == ("rpc", operation["id"])
    assert shown["seq"] == result["revision"], "the revision of the operation is the one that shows the node"
    assert (await owner.get("/v1/nodes", revision=newest("nodes")))["nodes"] == [shown]
    assert (await stranger.get("/v1/nodes", revision=newest("nodes")))["nodes"] == []


async def test_two_owners_want_one_name_at_once(calm: Mesh) -> None:
    first, second = await asyncio.gather(calm.owner_with_node(), calm.owner_with_node())
    ended = await asyncio.gather(calm.name(first, "wanted"), calm.name(second, "wanted"))
    assert sorted(str(operation["state"]) for operation in ended) == ["failed", "succeeded"]
    lost = next(operation for operation in ended if operation["state"] == "failed")
    assert cast("Json", lost["problem"])["code"] == "name-taken"
    assert [fact["fact"] for fact in cast("list[Json]", lost["facts"])] == ["requested", "failed"]
    state = await calm.control("/control/state")
    assert len(texts_at(state, "wanted")) == 1


async def test_a_taken_name_is_refused_and_leaves_no_offer(calm: Mesh) -> None:
    holder, late = await asyncio.gather(calm.owner_with_node(), calm.owner_with_node())
    assert (await calm.name(holder, "only-one"))["state"] == "succeeded"
    try:
        refused = await calm.name(late, "only-one")
        code = cast("Json", refused["problem"])["code"]
    except Refused as refusal:
        code = refusal.code
    assert code == "name-taken"


async def test_nobody_asks_a_resolver_before_the_name_is_authoritative(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    await calm.control("/control/dns/faults", {"faults": ["frozen"], "addresses": [await _an_authority(calm)]})
    operation = await owner.register_username("not-yet", "not-yet")
    await until_fact(owner, operation, "published")
    assert (await calm.reaches(owner, operation, {"waiting"}))["step"] == "prove"
    assert not await _asked_resolvers(calm, "not-yet")
    await calm.control("/control/reset-faults", {})
    assert (await calm.ended(owner, operation))["state"] == "succeeded"
    assert await _asked_resolvers(calm, "not-yet")


async def test_a_cancelled_registration_leaves_nothing(calm: Mesh) -> None:
    owner = await calm.owner_with_node()
    await calm.control("/control/dns/faults", {"faults": ["frozen"]})
    operation = await owner.register_username("regretted", "regretted")
    await until_fact(owner, operation, "published")
    url = f"{calm.stack.edge_url}/v1/operations/{operation}"
    answer = await calm.client.delete(url, headers={"Authorization": owner.authorization("DELETE", url)})
    assert answer.status_code in {200, 202}
    # Taken back before the world thaws: whichever worker is quicker then, it is not the one that would go on.
    await calm.reaches(owner, operation, {"undoing", "cancelled"})
    await calm.control("/control/reset-faults", {})
    ended = await calm.ended(owner, operation)
    assert ended["state"] == "cancelled"
    assert not texts_at(await calm.control("/control/state"), "regretted")
    assert (await calm.name(owner, "regretted", "again"))["state"] == "succeeded"


async def _an_authority(mesh: Mesh) -> str:
    dns = cast("dict[str, dict[str, object]]", (await mesh.control("/control/state"))["dns"])
    return sorted(dns["authorities"])[-1]


async def _asked_resolvers(mesh: Mesh, username: str) -> bool:
    dns = cast("dict[str, list[Json]]", (await mesh.control("/control/state"))["dns"])
    return any(username in str(query) for query in dns["resolverQueries"])
