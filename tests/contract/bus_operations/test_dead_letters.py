"""Dead letters on a real bus: replayed once however often it is tried, dropped, listed; and the command for it."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bus import backoff
from bus.client import direct
from bus.client.connection import Bus
from bus.client.publish import publish
from bus.dead_letters import letters, replaying
from bus.dead_letters.letters import Letter
from bus.dead_letters.replay import AlreadyDone, NotReplayable
from bus.dead_letters.replaying import Replayed, replay
from bus.errors import BusDenied
from bus.operations import ledger, slip, timers
from bus.requests.admission import REPLAY_OF
from bus.tables import subjects
from schemas.settings import to_environ
from services.mesh import dlq
from services.notifier.service import run_notifier

from .conftest import Place
from .toy import request, until

ASKED = request("letters")
SUBJECT = subjects.request("username", "register", ASKED.op)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.005)


@pytest.fixture
async def operator(place: Place) -> Bus:
    return await place.bus("operator")


async def buried(operator: Bus, count: int = 1) -> list[Letter]:
    """Every letter, once there are `count`."""

    async def all_of_them() -> list[Letter]:
        return [letter async for letter in letters.letters(operator)]

    async def enough() -> bool:
        return len(await all_of_them()) >= count

    await until(enough)
    return await all_of_them()


async def a_request_nobody_could_take(place: Place, operator: Bus, monkeypatch: pytest.MonkeyPatch) -> Letter:
    """Its worker has a mistake, which is put right afterwards."""

    async def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "open_operation", broken)
        stopping = await place.start("offer-builder")
        await place.ask(ASKED)
        (letter,) = await buried(operator)
        await place.refused(ASKED.op)
        stopping.set()
    return letter


async def a_stuck_step(place: Place, operator: Bus) -> Letter:
    """Past the pivot a step is tried for ever; its message lies in the dead letters and nobody sweeps."""
    place.world.plant("raise", "activate", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    (letter,) = await buried(operator)
    place.world.cure("activate", ASKED.op)
    return letter


async def test_a_step_is_looked_at_again_and_no_fact_is_written_twice(place: Place, operator: Bus) -> None:
    letter = await a_stuck_step(place, operator)
    before = await place.op(ASKED)
    assert (letter.stream, letter.consumer, letter.tries) == ("LEDGER", "offer-builder", 7)
    assert await replay(operator, letter) == Replayed("offer-builder looks at it again", taken_away=True)
    op = await place.ended(ASKED)
    assert slip.position(op) == slip.Finished("succeeded")
    assert op.facts[:-1] == before.facts
    assert await letters.letter(operator, letter.seq) is None
    again = await replay(operator, letter)
    assert again == AlreadyDone("its operation is over: succeeded")


async def test_a_request_is_asked_again_though_it_is_old_by_now(
    place: Place, operator: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await a_request_nobody_could_take(place, operator, monkeypatch)
    monkeypatch.setattr("bus.requests.admission.FRESH_S", -1.0)
    assert await replay(operator, letter) == Replayed("asked again", taken_away=True)
    await place.start()
    assert slip.position(await place.ended(ASKED)) == slip.Finished("succeeded")
    (_, second) = await direct.following(operator, "INGRESS", SUBJECT, 0, 10, None)
    assert second.headers[REPLAY_OF] == str(letter.seq)


async def test_two_replays_at_once_ask_once_and_one_takes_the_letter_away(
    place: Place, operator: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await a_request_nobody_could_take(place, operator, monkeypatch)
    rivals = [await place.bus("operator") for _ in range(4)]
    outcomes = await asyncio.gather(*(replay(rival, letter) for rival in rivals))
    assert all(isinstance(outcome, Replayed) for outcome in outcomes)
    assert sum(isinstance(outcome, Replayed) and outcome.taken_away for outcome in outcomes) == 1
    assert len(await direct.following(operator, "INGRESS", SUBJECT, 0, 10, None)) == 2


@pytest.mark.parametrize("kind", ["request", "step"])
async def test_killed_between_the_effect_and_taking_away(
    place: Place, operator: Bus, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "request":
        letter = await a_request_nobody_could_take(place, operator, monkeypatch)
    else:
        letter = await a_stuck_step(place, operator)

    async def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(letters, "take_away", killed)
        await replay(operator, letter)
    (still,) = [found for found in await buried(operator) if found.seq == letter.seq]
    second = await replay(operator, still)
    if kind == "request":
        assert second == Replayed("asked again before", taken_away=True)
        assert len(await direct.following(operator, "INGRESS", SUBJECT, 0, 10, None)) == 2
        await place.start()
    else:
        assert isinstance(second, Replayed | AlreadyDone)  # whichever of the first look and this was sooner
    assert slip.position(await place.ended(ASKED)) == slip.Finished("succeeded")
    assert place.world.count("made", "activate", ASKED.op) == 1


async def test_its_owner_asked_again_first(place: Place, operator: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = await a_request_nobody_could_take(place, operator, monkeypatch)
    await place.ask(ASKED)
    assert await replay(operator, letter) == AlreadyDone("it was asked again since")
    assert await letters.letter(operator, letter.seq) is not None


async def test_what_failed_is_over(place: Place, operator: Bus) -> None:
    place.world.plant("raise", "offer", ASKED.op)
    await place.start()
    await place.ask(ASKED)
    (letter,) = await buried(operator)
    await place.ended(ASKED)
    assert await replay(operator, letter) == AlreadyDone("its operation is over: failed")


async def test_an_operator_may_do_that_and_nothing_else(place: Place, operator: Bus) -> None:
    forbidden = [
        subjects.saga(ASKED.owner, ASKED.op, "failed", "-"),
        subjects.timer("node-manager", ASKED.op),
        subjects.dead_letter("LEDGER", "node-manager"),
        subjects.refused(ASKED.op),
        "$JS.API.STREAM.PURGE.DLQ",
        "$JS.API.STREAM.MSG.DELETE.ADVISORY",
        "$KV.names.alice",
    ]
    for subject in forbidden:
        with pytest.raises(BusDenied):
            await publish(operator, subject, b"{}")
    place.buses.remove(operator)  # its denials are what this is about


# --- the command


async def command(place: Place, *words: str) -> int:
    """`mesh dlq <words>` in this process; the exit status."""
    parser = argparse.ArgumentParser()
    dlq.add_verbs(parser)
    return await dlq.dlq(place.settings, parser.parse_args(words))


@pytest.fixture
def _quiet() -> Iterator[None]:
    """What is printed is the command's alone."""
    with capture_logs():
        yield


@pytest.mark.usefixtures("_quiet")
async def test_list_show_replay_and_drop(place: Place, operator: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    letter = await a_stuck_step(place, operator)
    notifier = await place.bus("notifier")
    spare = [f"dlq.TIMERS.tick-{worker}" for worker in ("node-manager", "dns-publisher")]
    for subject in spare:
        await publish(notifier, subject, b"tick tock", headers={"X-Orig-Subject": "-", "X-Reason": "because"})
    capsys.readouterr()

    assert await command(place, "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [line["seq"] for line in listed] == [letter.seq, letter.seq + 1, letter.seq + 2]
    assert listed[0]["subject"] == letter.subject
    assert "payload" not in listed[0]
    assert await command(place, "list", "--stream", "TIMERS", "--since", "1h") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert await command(place, "list", "--consumer", "tick-relay") == 0
    assert capsys.readouterr().out == "no dead letters\n"

    assert await command(place, "show", str(letter.seq + 1)) == 0
    shown = capsys.readouterr().out
    assert "because" in shown
    assert "tick tock" not in shown
    assert await command(place, "show", str(letter.seq + 1), "--payload") == 0
    assert "tick tock" in capsys.readouterr().out
    assert await command(place, "show", "999") == 1

    assert await command(place, "replay", "--all", "--dry-run") == 0
    foretold = capsys.readouterr().out
    assert "would be replayed: offer-builder looks at it again" in foretold
    assert foretold.count("not replayable") == 2
    assert len(await buried(operator, 3)) == 3
    assert await command(place, "replay") == 2
    assert await command(place, "replay", "999") == 1
    assert await command(place, "replay", "--all") == 1
    assert "replayed: offer-builder looks at it again" in capsys.readouterr().out
    assert slip.position(await place.ended(ASKED)) == slip.Finished("succeeded")

    assert await command(place, "drop", str(letter.seq + 1)) == 2
    assert len(await buried(operator, 2)) == 2
    assert await command(place, "drop", "--yes", str(letter.seq + 1), str(letter.seq + 2)) == 0
    assert await command(place, "drop", "--yes", str(letter.seq + 1)) == 1
    assert [found async for found in letters.letters(operator)] == []


async def test_the_shipped_command(place: Place) -> None:
    environ = {**os.environ, **to_environ(place.settings)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.mesh", "dlq", "list", env=environ, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert (process.returncode, output) == (0, b"no dead letters\n")


async def test_the_notifier_looks_when_it_is_ticked(place: Place, operator: Bus) -> None:
    """What replaying a letter of the notifier comes to: telling what was not told, and nothing twice."""
    await place.start()
    await place.ask(ASKED)
    op = await place.ended(ASKED)
    stopping, bus = asyncio.Event(), await place.bus("notifier")
    notifying = asyncio.create_task(run_notifier(bus, stopping))

    async def told() -> int:
        return len(await direct.following(place.edge, "NOTIFY", "ntf.*", 0, 100, None))

    async def all_told() -> bool:
        return await told() == len(op.facts)

    await until(all_told)
    letter = Letter(
        1, 0.0, "LEDGER", "notifier", subjects.saga(ASKED.owner, ASKED.op, "reserved", "x"), 1, "", "", 7, b""
    )
    decision = await replaying.consider(operator, letter)
    assert not isinstance(decision, NotReplayable | AlreadyDone)
    await timers.tick(operator, subjects.RELAY, op.ref)
    admin = await place.bus("topology")

    async def looked() -> bool:
        info = await admin.js.consumer_info("TIMERS", "tick-relay")
        return bool(info.delivered.stream_seq and not info.num_pending and not info.num_ack_pending)

    await until(looked)
    assert await told() == len(op.facts)
    stopping.set()
    await notifying
