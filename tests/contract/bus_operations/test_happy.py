"""The straight road, and what a second look must not change."""

from .conftest import Place
from .toy import FLOW, request


async def test_a_request_runs_to_its_end(place: Place) -> None:
    await place.start()
    asked = request(1)
    await place.ask(asked)
    op = await place.ended(asked)
    assert [fact.name for fact in op.facts] == ["requested", *(step.done for step in FLOW.steps)]
    assert place.world.log(asked.op) == [
        entry for step in FLOW.steps for entry in (("asked", step.name), ("made", step.name))
    ]
