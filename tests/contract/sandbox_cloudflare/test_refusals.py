"""What the API refuses, with the codes that the mesh decides by."""

import httpx
import pytest
from cloudflare import AsyncCloudflare

from .desk import NAME, Office, failure_of

RECORD = {"type": "TXT", "name": NAME, "content": '"bitcoin:?lno=one"', "ttl": 300}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "a..b"}, (400, 1004, [9000])),
        ({"type": "SPF"}, (400, 1004, [9004])),
        ({"content": '"open'}, (400, 1004, [9007])),
        ({"content": '"' + "x" * 2048 + '"'}, (400, 9015, [])),
        ({"ttl": 59}, (400, 1004, [9021])),
        ({"tags": ["a:b"]}, (400, 1004, [9300])),
        ({"ttl": "soon"}, (400, 9207, [])),
    ],
)
async def test_a_record_that_breaks_a_rule(
    office: Office, change: dict[str, object], expected: tuple[int, int, list[int]]
) -> None:
    assert await office.refused(RECORD | change) == expected
    assert office.served() == []


async def test_the_same_record_twice(office: Office) -> None:
    await office.create()
    assert (await office.refused(RECORD | {"content": "bitcoin:?lno=one"}))[1] == 81058
    assert office.served() == ["bitcoin:?lno=one"]


async def test_a_record_that_is_gone(office: Office) -> None:
    error = await failure_of(office.sdk.dns.records.delete("0" * 32, zone_id=office.zone))
    assert [each.code for each in error.errors] == [81044]


async def test_another_zone(office: Office) -> None:
    error = await failure_of(office.sdk.dns.records.delete("0" * 32, zone_id="0" * 32))
    assert [each.code for each in error.errors] == [7003]


async def test_a_full_zone(office: Office, control: httpx.AsyncClient) -> None:
    await control.post("/control/settings", json={"recordQuota": 1})
    await office.create()
    assert (await office.refused(RECORD | {"name": "bob.shop.test"}))[1] == 81045


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (400, 9106)),
        ({"Authorization": "Basic x"}, (400, 6003)),
        ({"Authorization": "Bearer wrong"}, (403, 9109)),
        ({"Authorization": "Bearer wr\u00f6ng"}, (403, 9109)),
        ({"X-Auth-Email": "a@b"}, (400, 9106)),
    ],
)
async def test_a_caller_without_the_token(office: Office, headers: dict[str, str], expected: tuple[int, int]) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with httpx.AsyncClient(base_url=office.parts.world.cloudflare_base_url) as stranger:
        answer = await stranger.get("/zones", headers=encoded)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == expected


async def test_rate_limits_are_announced_and_enforced(office: Office, control: httpx.AsyncClient) -> None:
    await control.post("/control/settings", json={"rateQuota": 2, "rateWindowS": 300})
    answers = [await office.http.get("/zones") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit"] == '"default";r=1;t=300'
    assert answers[2].headers["ratelimit-policy"] == '"default";q=2;w=300'
    assert 0 < int(answers[2].headers["retry-after"]) <= 300
    assert "retry-after" not in answers[1].headers


async def test_the_sdk_with_a_wrong_token(office: Office) -> None:
    async with AsyncCloudflare(
        api_token="wrong", base_url=office.parts.world.cloudflare_base_url, max_retries=0
    ) as stranger:
        error = await failure_of(stranger.zones.list(name="shop.test"))
    assert [each.code for each in error.errors] == [9109]
