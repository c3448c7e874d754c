"""What an HTTP answer means: done, refused or unknown; and what we make of it."""

import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.operations.outcomes import Fail, Wait
from schemas.problems import PROBLEMS
from schemas.settings import SettingError, Settings
from services.dns_publisher.cloudflare.call import Ok, read
from services.dns_publisher.cloudflare.client import connected
from services.dns_publisher.cloudflare.limiter import Limiter
from services.dns_publisher.cloudflare.tokens import FIRST, read_token
from services.dns_publisher.provider.answers import Meaning, Refused, Unknown
from services.dns_publisher.provider.setbacks import RULES, UNKNOWN, Clock, outcome
from services.dns_publisher.routing.zones import domain_of


def answer(status: int, body: object, **headers: str) -> Ok | Refused | Unknown:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read(status, httpx.Headers(headers), content)


def envelope(*errors: dict[str, object], success: bool = False) -> dict[str, object]:
    return {"success": success, "errors": list(errors), "messages": [], "result": None}


def test_success() -> None:
    assert answer(200, {"success": True, "errors": [], "result": {"id": "x"}}) == Ok(b'{"id": "x"}')


@pytest.mark.parametrize(
    ("status", "code", "message", "meaning"),
    [
        (400, 81058, "An identical record already exists.", Meaning.EXISTS),
        (400, 81057, "Record already exists.", Meaning.EXISTS),
        (404, 81044, "Record does not exist.", Meaning.GONE),
        (400, 81045, "Record quota exceeded.", Meaning.QUOTA),
        (400, 99999, "Record quota exceeded.", Meaning.QUOTA),
        (400, 81053, "An A, AAAA, or CNAME record with that host already exists.", Meaning.CONFLICT),
        (400, 9007, "bad content", Meaning.INVALID),
        (400, 9106, "Missing headers", Meaning.CREDENTIALS),
        (403, 10000, "Authentication error", Meaning.CREDENTIALS),
        (401, 12345, "Another way to say it", Meaning.CREDENTIALS),
        (403, 12345, "Another way to say it", Meaning.CREDENTIALS),
        (404, 7003, "Could not route", Meaning.ZONE),
        (400, 12345, "What is this", Meaning.ODD),
        (200, 12345, "not successful, but 200", Meaning.ODD),
        (200, 81045, "Record quota exceeded.", Meaning.QUOTA),
    ],
)
def test_refusals_are_classified(status: int, code: int, message: str, meaning: Meaning) -> None:
    reply = answer(status, envelope({"code": code, "message": message}))
    assert isinstance(reply, Refused)
    assert reply.meaning is meaning
    assert str(code) in reply.detail


def test_the_cause_in_the_chain_counts() -> None:
    cause = {"code": 81045, "message": "Record quota exceeded."}
    reply = answer(400, envelope({"code": 1004, "message": "DNS Validation Error", "error_chain": [cause]}))
    assert isinstance(reply, Refused)
    assert reply.meaning is Meaning.QUOTA


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [({"retry-after": "300"}, 300.0), ({}, 60.0), ({"retry-after": "soon"}, 60.0), ({"retry-after": "999999"}, 3600.0)],
)
def test_a_rate_limit_says_how_long(headers: dict[str, str], wait_s: float) -> None:
    for body in (b"<html>slow down</html>", json.dumps(envelope({"code": 971, "message": "wait"})).encode()):
        reply = read(429, httpx.Headers(headers), body)
        assert isinstance(reply, Refused)
        assert (reply.meaning, reply.retry_after_s) == (Meaning.LIMITED, wait_s)


@pytest.mark.parametrize(
    ("status", "body"), [(500, b"{}"), (502, b"<html>"), (200, b"<html>"), (200, b""), (400, b"\xff"), (503, b"x")]
)
def test_what_cannot_be_read_is_unknown(status: int, body: bytes) -> None:
    assert isinstance(answer(status, body), Unknown)


@given(st.integers(100, 599), st.binary(max_size=60))
def test_no_answer_makes_the_reader_fail(status: int, body: bytes) -> None:
    answer(status, body)


@pytest.mark.parametrize("meaning", list(Meaning))
def test_every_meaning_has_a_rule_with_a_known_problem(meaning: Meaning) -> None:
    assert RULES[meaning].code in PROBLEMS
    assert UNKNOWN.code in PROBLEMS


def test_a_retry_after_of_five_minutes_is_honoured_if_the_step_has_the_time() -> None:
    limited = Refused(Meaning.LIMITED, "429", 300.0)
    assert outcome(limited, Clock(0, 1800)) == Wait(300.0, "429")
    assert outcome(limited, Clock(1500, 1800)) == Fail("dns-rate-limited", "429")
    assert outcome(limited, Clock(0, 200)) == Fail("dns-rate-limited", "429")


def test_a_full_zone_is_final_and_silence_is_not() -> None:
    assert outcome(Refused(Meaning.QUOTA, "full"), Clock(0, 1800)) == Fail("dns-quota", "full")
    assert isinstance(outcome(Unknown("500"), Clock(0, 1800)), Wait)
    assert outcome(Unknown("500"), Clock(1799, 1800)) == Fail("dns-unavailable", "500")


@given(st.sampled_from(list(Meaning)), st.floats(0, 2000), st.floats(1, 1800))
def test_waits_never_outlast_the_step(meaning: Meaning, elapsed_s: float, timeout_s: float) -> None:
    result = outcome(Refused(meaning, ""), Clock(elapsed_s, timeout_s))
    if isinstance(result, Wait):
        assert 0 < result.after_s <= timeout_s - elapsed_s


def test_the_limiter_leaves_the_last_calls_alone() -> None:
    now = [100.0]
    limiter = Limiter(lambda: now[0])
    assert limiter.learn({"ratelimit": '"default";r=900;t=120'}) == 0
    assert limiter.wait_s() == 0
    assert limiter.learn({"ratelimit": '"default";r=20;t=120'}) == 120
    assert limiter.wait_s() == 120
    assert limiter.learn({"ratelimit": '"default";r=0;t=100'}, 110.0) == 110
    now[0] += 121
    assert limiter.wait_s() == 0
    limiter.close(300)
    limiter.close(10)
    assert limiter.wait_s() == 300


def test_the_longest_domain_wins() -> None:
    domains = ("shop.test", "pay.shop.test", "op.test")
    assert domain_of("a.user._bitcoin-payment.pay.shop.test", domains) == "pay.shop.test"
    assert domain_of("a.user._bitcoin-payment.shop.test", domains) == "shop.test"
    assert domain_of("a.user._bitcoin-payment.workshop.test", domains) is None


async def test_nothing_in_the_environment_takes_the_tokens_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, variable in enumerate(("EMAIL", "API_KEY", "API_USER_SERVICE_KEY", "API_TOKEN")):
        monkeypatch.setenv(f"CLOUDFLARE_{variable}", f"other-{number}")
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("one")
    second.write_text("two")
    settings = Settings(cloudflare_token_file=str(first), cloudflare_second_token_file=str(second))
    async with connected(settings) as cloudflare:
        assert cloudflare.client.auth_headers == {"Authorization": "Bearer one"}
        other = cloudflare.tokens.instead(cloudflare.client)
        assert other is cloudflare.client
        assert other.auth_headers == {"Authorization": "Bearer two"}


def test_a_token_is_never_quoted(tmp_path: object) -> None:
    for path in ("", f"{tmp_path}/absent"):
        with pytest.raises(SettingError, match="MESH_CLOUDFLARE_TOKEN_FILE"):
            read_token(path, FIRST)
