"""LDK in WebAssembly as an independent reader of BOLT 12 and BOLT 11, asked by tests and measurements over a pipe."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.node_packages import install

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Oracle:
    """A running oracle. One question at a time."""

    process: subprocess.Popen[str]

    def accepts(self, messages: Sequence[tuple[str, bytes | str]]) -> list[bool]:
        """Of each message whether LDK reads it: a stream (`lno`, `lnr`, `lni`) or a text (`lno text`,
        `bolt11 text`)."""
        said = self._ask({"judge": [(kind, what if isinstance(what, str) else what.hex()) for kind, what in messages]})
        accepted = said["accepted"]
        assert isinstance(accepted, list)
        return accepted

    def per_second(self, build: str, kind: str, messages: Sequence[str], seconds: float) -> float:
        """How many of `messages` the `build` (`ldk`, `boltz`) reads in a second; `kind` as in `oracle.mjs`."""
        rate = self._ask({"rate": build, "kind": kind, "messages": messages, "seconds": seconds})["perSecond"]
        assert isinstance(rate, float)
        return rate

    def _ask(self, question: dict[str, object]) -> dict[str, object]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the oracle ended"
        answer: dict[str, object] = json.loads(line)
        return answer


@contextmanager
def running_oracle(folder: Path) -> Iterator[Oracle]:
    """An oracle, installed in `folder`, which is its own; it ends with the context."""
    for name in ("package.json", "package-lock.json", "oracle.mjs"):
        shutil.copy(_HERE / name, folder)
    install(folder)
    with subprocess.Popen(
        ["node", "oracle.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Oracle(process)
        finally:
            process.kill()
