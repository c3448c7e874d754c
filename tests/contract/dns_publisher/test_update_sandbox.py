"""The same sandbox, published by RFC 2136 instead of Cloudflare; what is published is proven like anything else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.facts import Published
from schemas.world import World
from tests.contract.dnssec_verifier.town import URI, Town, a_town

NEW = "bitcoin:?lno=lno1" + "p" * 400


@pytest.fixture
async def town(world: World, tmp_path: Path) -> AsyncIterator[Town]:
    """A bus whose names are published by dynamic updates at the sandbox's primary."""
    primary = world.primaries[f"{world.domain}."]
    route = f"{world.domain}=rfc2136://{primary}:{world.dns_port}?key={world.publisher_key_file}"
    async with a_town(world, tmp_path, dns_zones=(route,)) as found:
        yield found


async def test_a_name_is_published_proven_rotated_and_released_by_updates(town: Town) -> None:
    async with town.service("dns_publisher"), town.service("dnssec_verifier"):
        op = await town.composed("updated")
        name = f"updated.user._bitcoin-payment.{town.world.domain}."
        op = await town.reaches(op.ref, "authoritative", "failed")
        assert op.has("authoritative"), op.body("failed")
        assert (await town.state())["dns"]["txt"][name] == [URI]

        turning = await town.rotating("updated", op.ref.op, NEW)
        turning = await town.reaches(turning.ref, "authoritative", "failed")
        fact = turning.body("published")
        assert isinstance(fact, Published)
        assert fact.previous_ttl_s == 300
        assert (await town.state())["dns"]["txt"][name] == [NEW]

        going = await town.releasing("updated", turning.ref.op, NEW)
        going = await town.reaches(going.ref, "absent", "failed")
        assert going.has("absent"), going.body("failed")
        assert name not in (await town.state())["dns"]["txt"]
    assert not (await town.state())["cloudflare"]["counts"], "nobody needed the API"
