"""Cancel, at every moment: whatever was in flight, nothing is left behind, and the pivot is respected."""

import asyncio
import signal
import subprocess
from pathlib import Path

from bus.operations import slip
from schemas.facts import Cancelled

from .conftest import Place, a_place
from .toy import FLOW, cancel, request, until


async def asked_for(place: Place, step: str, op: str, times: int = 1) -> None:
    """Wait until the handler of `step` was called."""
    await until(lambda: place.world.count("asked", step, op) >= times)  # type: ignore[arg-type]  # an OpId


async def given_up(place: Place, op: str) -> None:
    """Wait until `offer` was taken back once."""
    await until(lambda: place.world.log(op).count(("nothing", "offer")) >= 1)  # type: ignore[arg-type]  # an OpId


async def test_cancel_in_flight_leaves_nothing(place: Place) -> None:
    asked = request(1)
    place.world.plant("held", "publish", asked.op)
    await place.start()
    await place.ask(asked)
    await asked_for(place, "publish", asked.op)
    await place.ask(cancel(asked), verb="cancel")
    await until(lambda: _has(place, asked, "cancelled"))
    place.world.cure("publish", asked.op)
    op = await place.ended(asked)
    body = op.body("cancelled")
    assert isinstance(body, Cancelled)
    assert body.undo_from == "publish"
    assert [fact.name for fact in op.facts][-3:] == ["withdrawn", "offer-disabled", "released"]
    assert [step for what, step in place.world.log(asked.op) if what == "removed"] == ["publish", "offer", "reserve"]
    assert place.world.standing(asked.op) == ["compose"]
    assert place.world.count("asked", "publish", asked.op) == 1


async def test_an_effect_that_lands_after_its_compensation_is_taken_back(tmp_path: Path) -> None:
    """Replica one holds the call; replica two compensates, finds nothing and says so; then the call succeeds."""
    asked = request(1)
    async with a_place(tmp_path, ack_wait_s=30.0) as place:
        place.world.plant("held", "offer", asked.op)
        await place.start("offer-builder")
        leaving = await place.start("node-manager")
        await place.ask(asked)
        await asked_for(place, "offer", asked.op)
        leaving.set()  # it takes no new messages, and its handler has until ack_wait: nobody here is that slow
        await place.start("node-manager")
        await place.ask(cancel(asked), verb="cancel")
        op = await place.ended(asked)
        assert place.world.log(asked.op).count(("nothing", "offer")) == 1
        place.world.cure("offer", asked.op)
        await until(lambda: place.world.count("removed", "offer", asked.op) == 1)
        assert place.world.standing(asked.op) == []
        assert await place.op(asked) == op


async def test_a_late_effect_of_a_killed_process_is_taken_back(tmp_path: Path) -> None:
    """As above, and the replica dies between its late effect and learning that it was late."""
    asked = request(1)
    async with a_place(tmp_path, ack_wait_s=6.0) as place:  # the time that the leaving one's handler has
        place.world.plant("held", "offer", asked.op)
        await place.start("offer-builder")
        doomed = place.spawn("node-manager")
        await place.ask(asked)
        await asked_for(place, "offer", asked.op)
        await place.start("node-manager")
        doomed.send_signal(signal.SIGTERM)
        await until(lambda: "worker.stopping" in _log(place, "node-manager"))
        await place.ask(cancel(asked), verb="cancel")
        await place.ended(asked)
        place.world.plant("die-late", "offer", asked.op)
        assert await asyncio.to_thread(doomed.wait, 60) == -signal.SIGKILL
        assert place.world.count("made", "offer", asked.op) == 1
        await until(lambda: place.world.count("removed", "offer", asked.op) == 1)
        assert place.world.standing(asked.op) == []


async def test_a_killed_worker_between_effect_and_commit(place: Place) -> None:
    asked = request(1)
    place.world.plant("die", "publish", asked.op)
    await place.start("offer-builder", "node-manager", "dnssec-verifier")
    first = place.spawn("dns-publisher")
    await place.ask(asked)
    assert await asyncio.to_thread(first.wait, 60) == -signal.SIGKILL
    assert "published" not in await place.names(asked)
    second = place.spawn("dns-publisher")
    op = await place.ended(asked)
    assert [fact.name for fact in op.facts] == ["requested", *(step.done for step in FLOW.steps)]
    assert place.world.count("made", "publish", asked.op) == 1
    assert place.world.count("found", "publish", asked.op) == 1
    assert await _terminated(second) == 0


async def test_cancel_while_waiting_leaves_nothing(place: Place) -> None:
    asked = request(1)
    place.world.plant("make-then-wait:3600", "offer", asked.op)
    await place.start()
    await place.ask(asked)
    await asked_for(place, "offer", asked.op)
    await place.ask(cancel(asked), verb="cancel")
    await place.ended(asked)
    assert place.world.standing(asked.op) == []


async def test_cancel_past_the_pivot_changes_nothing_and_is_answered(place: Place) -> None:
    asked = request(1)
    place.world.plant("held", "activate", asked.op)
    await place.start()
    await place.ask(asked)
    await asked_for(place, "activate", asked.op)
    await place.ask(cancel(asked), verb="cancel")
    assert (await place.refused(asked.op)).code == "operation-past-pivot"
    place.world.cure("activate", asked.op)
    assert slip.position(await place.ended(asked)) == slip.Finished("succeeded")
    assert await place.dead_letters() == []


async def test_a_cancel_that_overtakes_its_request_waits_for_it(place: Place) -> None:
    asked = request(1)
    place.world.plant("held", "reserve", asked.op)
    await place.ask(cancel(asked), verb="cancel")
    await place.start()
    await place.ask(asked)
    await until(lambda: _has(place, asked, "cancelled"))
    place.world.cure("reserve", asked.op)
    assert slip.position(await place.ended(asked)) == slip.Finished("cancelled")
    assert place.world.standing(asked.op) == []


async def _has(place: Place, asked: object, fact: str) -> bool:
    return fact in await place.names(asked)  # type: ignore[arg-type]  # any request


def _log(place: Place, worker: str) -> str:
    return (place.world.folder / f"{worker}.log").read_text()


async def _terminated(process: "subprocess.Popen[bytes]") -> int:
    process.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(process.wait, 60)
