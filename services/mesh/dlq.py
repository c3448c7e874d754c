"""`mesh dlq list|show|replay|drop`: the dead letters, for whoever has to look.

What a letter holds is shown only when asked for (`show --payload`). Replaying is safe to repeat, to run twice at once
and to kill (`bus.dead_letters.replaying`); dropping needs `--yes`. Exit status 1: something that was named could not be
done.
"""

import argparse
import re
import sys
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import assert_never

import msgspec

from bus.client.connection import Bus, connect
from bus.dead_letters import letters, replaying
from bus.dead_letters.letters import Letter
from bus.dead_letters.replay import AlreadyDone, NotReplayable
from bus.dead_letters.replaying import Outcome, Replayed
from schemas.base import Wire, utc_text
from schemas.settings import Settings
from services.mesh.running import reaching

IDENTITY = "operator"
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class LetterLine(Wire, frozen=True, kw_only=True):
    """One letter as `--json` says it: all but what it holds."""

    seq: int
    at: str
    stream: str
    consumer: str
    subject: str
    origin_seq: int
    reason: str
    error_type: str
    tries: int
    bytes: int


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """The command line of `mesh dlq`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    lists = actions.add_parser("list", help="one line a letter, oldest first")
    lists.add_argument("--json", action="store_true", help="as one JSON array")
    shows = actions.add_parser("show", help="everything about one letter but what it holds")
    shows.add_argument("seq", type=int)
    shows.add_argument("--payload", action="store_true", help="what it holds, too")
    replays = actions.add_parser("replay", help="have it looked at again, and take it away")
    replays.add_argument("seq", type=int, nargs="*")
    replays.add_argument("--all", action="store_true", help="every letter (that the filters let through)")
    replays.add_argument("--dry-run", action="store_true", help="only say what would be done")
    for filtered in (lists, replays):
        filtered.add_argument("--stream", default="*", help="only what came from this stream")
        filtered.add_argument("--consumer", default="*", help="only what this consumer could not handle")
        filtered.add_argument("--since", type=instant, help="only letters since then: 30m, 2h, 7d, or RFC 3339")
    drops = actions.add_parser("drop", help="take letters away without doing anything about them")
    drops.add_argument("seq", type=int, nargs="+")
    drops.add_argument("--yes", action="store_true", help="really")


def instant(text: str) -> str:
    """`30m`, `2h`, `7d` ago, or an instant of its own, as RFC 3339 UTC; ValueError for anything else."""
    ago = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if ago:
        return utc_text(time.time() - int(ago[1]) * UNITS_S[ago[2]])
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return utc_text(moment.timestamp())


async def dlq(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run one action on the bus that `settings` reach; the exit status."""
    bus = await connect(reaching(settings), IDENTITY)
    try:
        match arguments.action:
            case "list":
                return await _list(bus, arguments)
            case "show":
                return await _show(bus, arguments.seq, payload=arguments.payload)
            case "replay":
                return await _replay(bus, arguments)
            case _:
                return await _drop(bus, arguments.seq, sure=arguments.yes)
    finally:
        await bus.close()


async def _list(bus: Bus, arguments: argparse.Namespace) -> int:
    lines = [_line(letter) async for letter in _chosen(bus, arguments)]
    if arguments.json:
        print(msgspec.json.encode(lines).decode())
        return 0
    for line in lines:
        print(f"{line.seq:>6}  {line.at}  {line.consumer:<22} {line.subject}  ({line.reason})")
    if not lines:
        print("no dead letters")
    return 0


async def _show(bus: Bus, seq: int, *, payload: bool) -> int:
    letter = await letters.letter(bus, seq)
    if letter is None:
        return _no_letter(seq)
    for name, value in msgspec.to_builtins(_line(letter)).items():
        print(f"{name:<10} {value}")
    if payload:
        print(letter.data.decode(errors="backslashreplace"))
    return 0


async def _replay(bus: Bus, arguments: argparse.Namespace) -> int:
    if bool(arguments.seq) == arguments.all:
        print("mesh: name letters, or say --all", file=sys.stderr)
        return 2
    failed = 0
    async for seq, letter in _named(bus, arguments):
        if letter is None:
            failed += _no_letter(seq)
        elif arguments.dry_run:
            print(f"{seq:>6}  {await _foretold(bus, letter)}")
        else:
            outcome = await replaying.replay(bus, letter)
            failed += isinstance(outcome, NotReplayable)
            print(f"{seq:>6}  {_told(outcome)}")
    return 1 if failed else 0


async def _named(bus: Bus, arguments: argparse.Namespace) -> AsyncIterator[tuple[int, Letter | None]]:
    for seq in arguments.seq:
        yield seq, await letters.letter(bus, seq)
    if arguments.all:
        async for letter in _chosen(bus, arguments):
            yield letter.seq, letter


async def _foretold(bus: Bus, letter: Letter) -> str:
    match await replaying.consider(bus, letter):
        case AlreadyDone() | NotReplayable() as nothing:
            return _told(nothing)
        case decision:
            return f"would be replayed: {replaying.how(decision)}"


def _told(outcome: Outcome) -> str:
    match outcome:
        case Replayed(how=how, taken_away=True):
            return f"replayed: {how}"
        case Replayed(how=how):
            return f"replayed: {how}; somebody else took the letter away"
        case AlreadyDone(why=why):
            return f"nothing to do: {why}"
        case NotReplayable(reason=reason):
            return f"not replayable: {reason}"
        case _ as never:
            assert_never(never)


async def _drop(bus: Bus, seqs: list[int], *, sure: bool) -> int:
    if not sure:
        print(f"mesh: {len(seqs)} letters would be gone for good; say --yes", file=sys.stderr)
        return 2
    missing = 0
    for seq in seqs:
        if await letters.take_away(bus, seq):
            print(f"{seq:>6}  dropped")
        else:
            missing += _no_letter(seq)
    return 1 if missing else 0


def _chosen(bus: Bus, arguments: argparse.Namespace) -> AsyncIterator[Letter]:
    return letters.letters(bus, stream=arguments.stream, consumer=arguments.consumer, since=arguments.since)


def _no_letter(seq: int) -> int:
    print(f"mesh: there is no letter {seq}", file=sys.stderr)
    return 1


def _line(letter: Letter) -> LetterLine:
    return LetterLine(
        seq=letter.seq,
        at=utc_text(letter.at),
        stream=letter.stream,
        consumer=letter.consumer,
        subject=letter.subject,
        origin_seq=letter.origin_seq,
        reason=letter.reason,
        error_type=letter.error_type,
        tries=letter.tries,
        bytes=len(letter.data),
    )
