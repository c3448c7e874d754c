"""An own Core Lightning that is announced, through every real part: it has a name, is paid by it, keeps it, pays."""

import json
from pathlib import Path

from schemas.bolt12 import Offer, decode_offer
from services.mesh.device.command import own_node
from services.mesh.device.owner import Owner
from tests.e2e.looking import texts_at
from tests.e2e.prober import active_offers
from tests.e2e.test_life_of_a_name import SETTINGS, rotate, shown
from tests.e2e.test_receiving import received
from tests.harness import Mesh, running_mesh

MSAT, FUNDS = 20_000, 100_000_000


async def test_it_sells_by_a_name_that_leads_to_its_id(tmp_path: Path) -> None:
    async with running_mesh(tmp_path, settings=SETTINGS) as mesh:
        await mesh.control("/control/settings", {"minTtlS": 1})
        await mesh.control("/control/greenlight/announce", {"announced": True})
        merchant, payer, access = mesh.owner(), await mesh.owner_with_node(), own_node(mesh.stack.world)
        await mesh.fund(payer, FUNDS)
        registered = await mesh.ended(merchant, await merchant.register_own_node("node", access))
        assert registered["state"] == "succeeded", registered
        named = await mesh.name(merchant, "anna")
        assert named["state"] == "succeeded", named
        first = await _paid_by_id(mesh, access.node_id)
        payment = await mesh.ended(payer, await payer.pay("₿anna@shop.test", MSAT, "one"))
        assert payment["state"] == "succeeded", payment

        body, kind = json.dumps({"to": "₿anna@shop.test", "amountMsat": str(MSAT)}).encode(), "application/json"
        quote = await payer.send("POST", "/v1/payments/quote", body, headers={"Content-Type": kind})
        assert (quote.status_code, quote.json()["payee"]) == (200, access.node_id)
        change = await merchant.ask("PATCH", f"/v1/offers/{named['id']}", {"amountMsat": "5000"}, "dearer")
        assert (await mesh.ended(merchant, change, within_s=120))["state"] == "succeeded"
        assert (await rotate(mesh, merchant, "anna", "again"))["state"] == "succeeded"
        now = await _paid_by_id(mesh, access.node_id)
        assert now != first
        assert [text for text in active_offers(await mesh.control("/control/state")) if text in (first, now)] == [now]
        payment = await mesh.ended(payer, await payer.pay("₿anna@shop.test", 5_000, "two"))
        assert payment["state"] == "succeeded", payment
        assert sorted(str(one["amountMsat"]) for one in await received(merchant, 2)) == ["20000", "5000"]
        await _pays_too(mesh, merchant, payer)


async def _pays_too(mesh: Mesh, merchant: Owner, payee: Owner) -> None:
    """What the own node was paid it can spend: by an offer, and by an invoice."""
    tea = await payee.ask("POST", "/v1/offers", {"description": "tea", "amountMsat": "3000"}, "tea")
    assert (await mesh.ended(payee, tea))["state"] == "succeeded"
    offer = await payee.get(f"/v1/offers/{tea}")
    asked = await payee.ask("POST", "/v1/invoices", {"description": "cake", "amountMsat": "2000"}, "cake")
    assert (await mesh.ended(payee, asked))["state"] == "succeeded"
    invoice = await payee.get(f"/v1/invoices/{asked}")
    for to, msat in ((offer["offer"], 3_000), (invoice["invoice"], 2_000)):
        payment = await mesh.ended(merchant, await merchant.pay(str(to), msat, f"back-{msat}"))
        assert payment["state"] == "succeeded", payment
        shown_as = await merchant.get(f"/v1/payments/{payment['id']}")
        assert (shown_as["state"], shown_as["amountMsat"]) == ("settled", str(msat))


async def _paid_by_id(mesh: Mesh, node_id: str) -> str:
    """What `anna` pays: an offer without a path, whose issuer is the node; and DNS says the same."""
    live = await shown(mesh, "anna")
    offer = decode_offer(str(live["offer"]))
    assert isinstance(offer, Offer)
    assert (offer.paths, (offer.issuer_id or b"").hex()) == ((), node_id)
    assert texts_at(await mesh.control("/control/state"), "anna") == [live["uri"]]
    return offer.text
