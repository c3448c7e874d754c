"""Faults on demand as the SDK sees them, and what they leave in the zone."""

import time

import cloudflare
import httpx
import pytest

from .desk import NAME, Office, failure_of


async def fault(control: httpx.AsyncClient, **fields: object) -> None:
    (await control.post("/control/cloudflare/faults", json=fields)).raise_for_status()


@pytest.mark.parametrize(
    ("kind", "seen", "stored"),
    [
        ("rate-limited", cloudflare.RateLimitError, False),
        ("server-error", cloudflare.InternalServerError, False),
        ("server-error-after", cloudflare.InternalServerError, True),
        ("html", cloudflare.InternalServerError, False),
        ("html-after", cloudflare.InternalServerError, True),
        ("reset-before", cloudflare.APIConnectionError, False),
        ("reset-after", cloudflare.APIConnectionError, True),
        ("error", cloudflare.BadRequestError, False),
    ],
)
async def test_a_fault_strikes_once(
    office: Office, control: httpx.AsyncClient, kind: str, seen: type[cloudflare.APIError], stored: bool
) -> None:
    await fault(control, kind=kind, operation="records.create")
    assert await office.at_name() == []
    assert isinstance(await failure_of(office.create()), seen)
    assert office.served() == (["bitcoin:?lno=one"] if stored else [])
    if not stored:
        await office.create()
    assert office.served() == ["bitcoin:?lno=one"]


async def test_a_wait_of_five_minutes_is_announced(office: Office, control: httpx.AsyncClient) -> None:
    await fault(control, kind="rate-limited", retryAfterS=300)
    error = await failure_of(office.create())
    assert isinstance(error, cloudflare.RateLimitError)
    assert error.response.headers["retry-after"] == "300"
    assert [each.code for each in error.errors] == [971]


async def test_not_successful_with_status_200_looks_like_nothing_to_the_sdk(
    office: Office, control: httpx.AsyncClient
) -> None:
    await fault(control, kind="not-successful", code=1004)
    assert await office.create() is None
    assert office.served() == []


async def test_an_error_of_ones_own(office: Office, control: httpx.AsyncClient) -> None:
    await fault(control, kind="error", status=403, code=10000, message="Authentication error")
    error = await failure_of(office.create())
    assert isinstance(error, cloudflare.PermissionDeniedError)
    assert [each.code for each in error.errors] == [10000]


async def test_a_delay_is_only_a_delay(office: Office, control: httpx.AsyncClient) -> None:
    await fault(control, kind="delay", delayS=0.3)
    started = time.monotonic()
    await office.create()
    assert time.monotonic() - started >= 0.3
    assert office.served() == ["bitcoin:?lno=one"]


async def test_a_client_that_gives_up_leaves_the_change_in_doubt_only(
    office: Office, control: httpx.AsyncClient
) -> None:
    await fault(control, kind="delay", delayS=0.3)
    with pytest.raises(cloudflare.APITimeoutError):
        await office.sdk.with_options(timeout=0.1).dns.records.list(zone_id=office.zone)
    assert await office.at_name() == []


async def test_faults_queue_up_and_are_reset(office: Office, control: httpx.AsyncClient) -> None:
    await fault(control, kind="server-error", times=2)
    await failure_of(office.create())
    state = (await control.get("/control/state")).json()
    assert state["cloudflare"]["faultsWaiting"] == ["server-error"]
    (await control.post("/control/reset-faults")).raise_for_status()
    await office.create()


async def test_a_fault_waits_for_its_call(office: Office, control: httpx.AsyncClient) -> None:
    await fault(control, kind="server-error", method="DELETE")
    made = await office.create()
    await failure_of(office.sdk.dns.records.delete(made.id, zone_id=office.zone))
    assert office.served(NAME) == ["bitcoin:?lno=one"]
