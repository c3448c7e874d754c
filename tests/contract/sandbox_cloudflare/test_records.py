"""What the mesh does with records, through the official SDK; each write is in DNS when its answer arrives."""

import asyncio

import cloudflare
import httpx
import pytest

from .desk import NAME, Office, failure_of

LONG = "bitcoin:?lno=" + "a" * 500


async def test_create_list_edit_update_delete(office: Office) -> None:
    made = await office.create()
    assert (made.name, made.content, made.ttl, made.comment) == (NAME, '"bitcoin:?lno=one"', 300, "mesh:alice")
    assert office.served() == ["bitcoin:?lno=one"]
    assert [record.id for record in await office.at_name()] == [made.id]

    edited = await office.sdk.dns.records.edit(
        made.id, zone_id=office.zone, type="TXT", name=NAME, content='"bitcoin:?lno=two"', ttl=60
    )
    assert edited is not None
    assert (edited.id, edited.comment, edited.created_on) == (made.id, "mesh:alice", made.created_on)
    assert office.served() == ["bitcoin:?lno=two"]

    updated = await office.sdk.dns.records.update(
        made.id, zone_id=office.zone, type="TXT", name=NAME, content='"bitcoin:?lno=three"', ttl=60
    )
    assert updated is not None
    assert (updated.id, updated.comment) == (made.id, None)
    assert office.served() == ["bitcoin:?lno=three"]

    deleted = await office.sdk.dns.records.delete(made.id, zone_id=office.zone)
    assert deleted is not None
    assert deleted.id == made.id
    assert office.served() == []
    assert await office.at_name() == []


async def test_a_batch_is_all_or_nothing(office: Office) -> None:
    first = await office.create()
    second = await office.create('"bitcoin:?lno=extra"')
    bad = {"type": "TXT", "name": NAME, "content": '"open', "ttl": 300}
    error = await failure_of(
        office.sdk.dns.records.batch(zone_id=office.zone, deletes=[{"id": second.id}], posts=[bad])  # type: ignore[list-item]  # a plain dict serves
    )
    assert isinstance(error, cloudflare.BadRequestError)
    assert office.served() == ["bitcoin:?lno=one", "bitcoin:?lno=extra"]
    put = {"id": first.id, "type": "TXT", "name": NAME, "content": '"bitcoin:?lno=only"', "ttl": 300}
    done = await office.sdk.dns.records.batch(zone_id=office.zone, deletes=[{"id": second.id}], puts=[put])  # type: ignore[list-item]  # a plain dict serves
    assert done is not None
    assert [record.id for record in done.deletes or ()] == [second.id]
    assert office.served() == ["bitcoin:?lno=only"]


async def test_a_record_that_moves_leaves_its_old_name(office: Office) -> None:
    made = await office.create()
    moved = "bob.user._bitcoin-payment.shop.test"
    await office.sdk.dns.records.edit(
        made.id, zone_id=office.zone, type="TXT", name=moved, content='"bitcoin:?lno=one"', ttl=300
    )
    assert (office.served(), office.served(moved)) == ([], ["bitcoin:?lno=one"])


async def test_two_texts_at_a_name_both_get_in(office: Office) -> None:
    await asyncio.gather(office.create('"bitcoin:?lno=a"'), office.create('"bitcoin:?lno=b"'))
    assert sorted(office.served()) == ["bitcoin:?lno=a", "bitcoin:?lno=b"]


async def test_zones_are_found_by_name(office: Office) -> None:
    zone = (await office.sdk.zones.list(name="shop.test", status="active")).result[0]
    assert (zone.name, zone.status, zone.name_servers) == ("shop.test", "active", ["ns1.shop.test", "ns2.shop.test"])
    assert (await office.sdk.zones.list(name="else.test")).result == []


async def test_usage_and_dnssec(office: Office) -> None:
    await office.create()
    usage = (await office.http.get(f"/zones/{office.zone}/dns_records/usage")).json()["result"]
    assert usage == {"record_quota": 3500, "record_usage": 1}
    dnssec = await office.sdk.dns.dnssec.get(zone_id=office.zone)
    assert dnssec is not None
    assert dnssec.status == "active"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("quoted", f'"{LONG[:255]}" "{LONG[255:510]}" "{LONG[510:]}"'),
        ("unquoted", LONG),
        ("as-sent", LONG),
        ("rechunked", " ".join(f'"{LONG[start : start + 100]}"' for start in range(0, len(LONG), 100))),
    ],
)
async def test_content_comes_back_in_the_form_asked_for(
    office: Office, control: httpx.AsyncClient, form: str, expected: str
) -> None:
    (await control.post("/control/settings", json={"contentForm": form})).raise_for_status()
    assert (await office.create(LONG)).content == expected
    assert office.served() == [LONG]


async def test_pages_end(office: Office) -> None:
    for number in range(3):
        await office.create(name=f"n{number}.shop.test")
    seen = [record.name async for record in office.sdk.dns.records.list(zone_id=office.zone, per_page=2)]
    assert seen == ["n0.shop.test", "n1.shop.test", "n2.shop.test"]


async def test_automatic_ttl_is_300_in_dns(office: Office) -> None:
    await office.create(ttl=1)
    zone = office.parts.dns.universe.zones
    assert any(data.ttl == 300 for z in zone.values() for name in z.names() for data in z.node(name, z.serial).values())
    assert (await office.at_name())[0].ttl == 1
