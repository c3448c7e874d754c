"""A nats-server on a disk of a few MiB that can be filled, emptied and made read-only: a tmpfs in its own namespace.

Needs Linux with user namespaces (root or not); where they are forbidden the tests skip, and in CI that fails the run.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bus.servers import embedded

SIZE = "16m"
_MOUNTS = 'mount -t tmpfs -o size="$2" none "$1" && echo mounted && exec cat'
_ENTER = """#!/bin/sh
# The store's size is the disk's: without this the server would set aside less than the topology reserves.
sed 's/^jetstream {/jetstream {\\n  max_file_store: 1TB/' "$2" > "$2.roomy"
exec nsenter --user --preserve-credentials --mount --target %d %s -c "$2.roomy"
"""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk at `inside`, as this process reaches it; it stays mounted while `keeper` lives."""

    keeper: int
    store: Path

    @property
    def inside(self) -> Path:
        """The mounted folder, seen from outside of its namespace."""
        return Path(f"/proc/{self.keeper}/root{self.store}")

    @property
    def enter(self) -> tuple[str, ...]:
        """The beginning of a command that sees the disk where it is mounted."""
        return ("nsenter", "--user", "--preserve-credentials", "--mount", "--target", str(self.keeper))

    def fill(self) -> None:
        """Take every block that is left."""
        with (self.inside / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)

    def free(self) -> None:
        """Give the blocks back."""
        (self.inside / "ballast").unlink()

    def remount(self, mode: str) -> None:
        """Make it `ro` or `rw`; refused while somebody has a file open for writing."""
        subprocess.run([*self.enter, "mount", "-o", f"remount,{mode}", str(self.store)], check=True)


@contextlib.contextmanager
def small_disk(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """Every embedded server that is started in here finds a small disk at `store`."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("unshare and nsenter (util-linux) are not there")
    store.mkdir(parents=True)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNTS, "sh", str(store), SIZE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"mounted\n":
            pytest.skip("this kernel lets nobody mount in a namespace of their own")
        launcher = store.parent / "nats-server-on-a-small-disk"
        launcher.write_text(_ENTER % (keeper.pid, embedded.find_binary()))
        launcher.chmod(0o755)
        monkeypatch.setattr(embedded, "find_binary", lambda: str(launcher))
        yield SmallDisk(keeper.pid, store)
        keeper.stdin.close()  # `cat` ends, and with it the namespace
