"""The process on the bus: names resolved and validated for whoever asks, and the four kinds of answer kept apart."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from bus.tables.subjects import RESOLVE
from schemas.base import encode
from schemas.resolve import Absent, Resolve, Resolved, ResolveReply, Unresolved, Unusable, decode_reply
from services.dnssec_verifier.app import make_walker
from services.dnssec_verifier.resolving import Resolver
from tests.contract.dnssec_verifier.town import Town

OFFER = "bitcoin:?lno=lno1qqq"
BOTH = ["127.0.0.3", "127.0.0.4"]


@pytest.fixture
async def resolver(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Resolver]:
    """Only who waits for silence waits shortly: anybody else would take a machine that stands still for a fault."""
    callspec = getattr(request.node, "callspec", None)
    silent = callspec is not None and callspec.params.get("fault") == "silent"
    settings = msgspec.structs.replace(town.settings, dns_timeout_s=1.0) if silent else town.settings
    yield Resolver(make_walker(settings), deadline_s=60)
    await town.control("reset-faults")


async def test_a_name_with_instructions(town: Town, resolver: Resolver) -> None:
    await town.put_txt("anna", OFFER, 120)
    reply = await resolver.resolve("₿Anna@Shop.Test")
    assert isinstance(reply, Resolved)
    assert (reply.name, reply.uri, reply.verdict) == ("anna@shop.test", OFFER, "secure")
    assert reply.owner_name == "anna.user._bitcoin-payment.shop.test."
    assert reply.proof.zones == (".", "test.", "shop.test.")
    assert 0 < reply.proof.cache_s <= 120


async def test_a_name_that_provably_has_none(resolver: Resolver) -> None:
    reply = await resolver.resolve("nobody@shop.test")
    assert isinstance(reply, Absent)
    assert reply.proof.cache_s <= 2
    assert isinstance(await resolver.resolve("nobody@absent.test"), Absent)


async def test_two_records_are_unusable(town: Town, resolver: Resolver) -> None:
    await town.put_txt("two", OFFER)
    await town.put_txt("two", OFFER + "q")
    reply = await resolver.resolve("two@shop.test")
    assert isinstance(reply, Unusable)
    assert (reply.code, reply.verdict) == ("name-ambiguous", "secure")


async def test_something_that_is_no_uri_is_unusable(town: Town, resolver: Resolver) -> None:
    await town.put_txt("strange", "bitcoin:?req-unknown=1")
    reply = await resolver.resolve("strange@shop.test")
    assert isinstance(reply, Unusable)
    assert reply.code == "uri-invalid"


@pytest.mark.parametrize("fault", ["bogus", "expired", "unsigned"])
@pytest.mark.parametrize("name", ["anna@shop.test", "nobody@shop.test"])
async def test_a_broken_chain_is_never_absence(town: Town, resolver: Resolver, fault: str, name: str) -> None:
    await town.put_txt("anna", OFFER)
    await town.control("dns/faults", faults=[fault], addresses=BOTH)
    reply = await resolver.resolve(name)
    assert isinstance(reply, Unusable), reply
    assert (reply.code, reply.verdict) == ("dnssec-bogus", "bogus")


@pytest.mark.parametrize("fault", ["silent", "servfail"])
async def test_not_knowing_is_never_absence(town: Town, resolver: Resolver, fault: str) -> None:
    await town.control("dns/faults", faults=[fault], addresses=BOTH)
    reply = await resolver.resolve("nobody@shop.test")
    assert isinstance(reply, Unresolved), reply
    assert reply.code == "dnssec-indeterminate"


async def test_one_broken_server_of_two_does_not_matter(town: Town, resolver: Resolver) -> None:
    await town.put_txt("robust", OFFER)
    for fault in ("silent", "servfail", "drop-udp", "bogus", "expired", "unsigned"):
        await town.control("dns/faults", faults=[fault], addresses=["127.0.0.4"])
        assert isinstance(await resolver.resolve("robust@shop.test"), Resolved), fault


async def test_truncated_answers_are_asked_again_over_tcp(town: Town, resolver: Resolver) -> None:
    await town.put_txt("long", OFFER + "q" * 1500)
    await town.control("dns/faults", faults=["truncate"], addresses=BOTH)
    assert isinstance(await resolver.resolve("long@shop.test"), Resolved)


@pytest.mark.parametrize("text", ["", "anna", "a@b@c", "ſatoshi@shop.test", "a..b@shop.test", "x" * 64 + "@shop.test"])
async def test_what_is_no_name_is_refused_without_asking_anybody(resolver: Resolver, text: str) -> None:
    reply = await resolver.resolve(text)
    assert isinstance(reply, Unresolved)
    assert reply.code == "username-invalid"


async def ask(town: Town, payload: bytes) -> ResolveReply:
    answer: Any = await town.edge.nc.request(RESOLVE, payload, timeout=30)
    return decode_reply(answer.data)


async def test_the_process_answers_on_the_bus(town: Town) -> None:
    await town.put_txt("bus", OFFER)
    async with town.service("dnssec_verifier"):
        reply = await ask(town, encode(Resolve(name="bus@shop.test")))
        assert isinstance(reply, Resolved)
        assert isinstance(await ask(town, encode(Resolve(name="none@shop.test"))), Absent)
        for rubbish in (b"", b"{}", b"\xff\xfe", b"[1]", b'{"name":1}', b'{"name":"' + b"x" * 2000 + b'"}'):
            assert isinstance(await ask(town, rubbish), Unresolved)
