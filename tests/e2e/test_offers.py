"""Offers through every real part: made, changed, disabled and enabled over HTTP, paid by another node, and told of."""

from pathlib import Path
from typing import cast

import msgspec
import pytest

from schemas.bolt12 import Offer, decode_offer
from schemas.names import Name
from services.mesh.device.owner import Owner, Refused
from tests.e2e.looking import texts_at, told_of, until_fact
from tests.e2e.prober import active_offers, probing
from tests.e2e.test_life_of_a_name import SETTINGS, rotate, shown
from tests.harness import Json, Mesh, newest, running_mesh

SLOWER = msgspec.structs.replace(SETTINGS, record_ttl_s=12)
"""Long enough to pay what is about to go."""

FUNDS = 100_000_000


@pytest.mark.timeout(300)
async def test_the_life_of_an_offer_and_of_a_names(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, settings=SLOWER) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        payer, payee = await mesh.owner_with_node(), await mesh.owner_with_node()
        await mesh.fund(payer, FUNDS)
        await _an_offer(mesh, payer, payee)
        await _a_names_offer(mesh, payer, payee)


async def _an_offer(mesh: Mesh, payer: Owner, payee: Owner) -> None:
    operation = await payee.ask("POST", "/v1/offers", {"description": "tea", "amountMsat": "7000"}, "tea")
    assert operation == await payee.ask("POST", "/v1/offers", {"description": "tea", "amountMsat": "7000"}, "tea")
    assert (await mesh.ended(payee, operation))["state"] == "succeeded"
    path, made = f"/v1/offers/{operation}", await _seen(payee, f"/v1/offers/{operation}")
    assert (made["state"], made["amountMsat"], len(cast("list[Json]", made["versions"]))) == ("active", "7000", 1)
    assert await _paid(mesh, payer, str(made["offer"]), "one") == ("settled", "7000")
    for verb, works in (("disable", False), ("enable", True)):
        assert (await mesh.ended(payee, await payee.ask("POST", f"{path}/{verb}", {}, verb)))["state"] == "succeeded"
        assert ((await _paid(mesh, payer, str(made["offer"]), verb))[0] == "settled") is works
    change = await payee.ask(
        "PATCH", path, {"amountMsat": "9000", "revision": (await _seen(payee, path))["seq"]}, "more"
    )
    await until_fact(payee, change, "offer-replaced")
    now = await _seen(payee, path)
    assert [one["number"] for one in cast("list[Json]", now["versions"])] == [1, 2]
    assert await _paid(mesh, payer, str(made["offer"]), "former") == ("settled", "7000")  # first: it goes soon
    assert await _paid(mesh, payer, str(now["offer"]), "new") == ("settled", "9000")
    assert (await mesh.ended(payee, change, within_s=90))["state"] == "succeeded"
    assert (await _paid(mesh, payer, str(made["offer"]), "late"))[0] == "failed"
    kinds = ("create.offer-created", "disable.offer-disabled", "enable.offer-enabled", "change.offer-replaced")
    told = await told_of(payee, *(f"offer.{kind}" for kind in kinds))
    for kind in kinds:
        assert told.count(f"offer.{kind}") == 1, kind


async def _a_names_offer(mesh: Mesh, payer: Owner, payee: Owner) -> None:
    registered = await mesh.name(payee, "anna")
    assert registered["state"] == "succeeded", registered
    path = f"/v1/offers/{registered['id']}"
    first = await _seen(payee, path)
    assert (first["name"], first["state"], first["offer"]) == (
        "anna@shop.test",
        "active",
        (await shown(mesh, "anna"))["offer"],
    )
    with pytest.raises(Refused) as named:
        await payee.ask("POST", f"{path}/disable", {}, "not-this")
    assert named.value.code == "offer-named"
    async with probing(mesh, Name("anna", "shop.test")) as prober:
        change = await payee.ask("PATCH", path, {"amountMsat": "5000", "description": "a round of tea"}, "round")
        await until_fact(payee, change, "published", within_s=60)
        assert await _paid(mesh, payer, str(first["offer"]), "before", 7000) == ("settled", "7000")
        ended = await mesh.ended(payee, change, within_s=120)
        assert (ended["flow"], ended["state"]) == ("username.rotate", "succeeded"), ended
    assert not prober.wrong
    now, live = await _seen(payee, path), await shown(mesh, "anna")
    assert (now["offer"], now["amountMsat"], now["description"]) == (live["offer"], "5000", "a round of tea")
    assert texts_at(await mesh.control("/control/state"), "anna") == [live["uri"]]
    assert str(first["offer"]) not in active_offers(await mesh.control("/control/state"))
    assert (await _paid(mesh, payer, str(first["offer"]), "dead", 7000))[0] == "failed"
    assert await _paid(mesh, payer, "₿anna@shop.test", "by-name") == ("settled", "5000")
    assert (await rotate(mesh, payee, "anna", "plain"))["state"] == "succeeded"
    kept = await _seen(payee, path)
    assert [one["number"] for one in cast("list[Json]", kept["versions"])] == [1, 2, 3]
    offer = decode_offer(str(kept["offer"]))
    assert isinstance(offer, Offer)
    assert (offer.amount, offer.description, offer.issuer) == (5000, "a round of tea", "anna@shop.test")
    given_up = await payee.release_name("anna@shop.test", "release")
    assert (await mesh.ended(payee, given_up, within_s=120))["state"] == "succeeded"
    assert (await _seen(payee, path))["state"] == "disabled"


async def _seen(owner: Owner, path: str) -> Json:
    """An offer as it stands by now."""
    return await owner.get(path, revision=newest("offers"))


async def _paid(mesh: Mesh, payer: Owner, to: str, key: str, msat: int | None = None) -> tuple[str, object]:
    """How a payment ended, and how much arrived."""
    body: Json = {"to": to} if msat is None else {"to": to, "amountMsat": str(msat)}
    payment = await payer.ask("POST", "/v1/payments", body, f"pay-{key}")
    await mesh.ended(payer, payment, within_s=90)
    seen = await payer.get(f"/v1/payments/{payment}")
    return str(seen["state"]), seen["amountMsat"]
