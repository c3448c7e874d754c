"""Who runs what, and when, if tests are shared among processes (`-n`): the long ones first, the many short ones last.

Whatever takes long at the end leaves every other process with nothing to do. Most tests wait more than they compute,
so there may be twice as many processes as cores, but only one of them makes storms: two at a time would starve each
other. A process is given a file at a time, since a file's tests may share what is dear to start.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = {
    "tests/chaos/test_tempest.py": "storms",
    "tests/chaos/test_registrations.py": "storms",
    "tests/chaos/test_payments.py": "storms",
    "tests/chaos/test_rolling.py": "storms",
    "tests/chaos/": "outages",
    "tests/e2e/test_refusals.py": "one mesh",
    "tests/e2e/test_registration.py": "one mesh",
    "tests/e2e/test_typescript.py": "one mesh",
}
"""Folders and files that go to one process, by what that one makes or keeps for them."""
APART: Final = (
    "tests/contract/zone_signing/",
    "tests/contract/bus_cluster/test_growing.py",
    "tests/e2e/test_command.py",
)
"""Where each test is long, stands for itself, and may go to whoever is free."""
FIRST: Final = (
    "tests/chaos/",
    "tests/contract/zone_signing/",
    "tests/e2e/",
    "tests/contract/bus_cluster/",
    "tests/fuzz/",
    "tests/contract/",
    "tests/house/",
)
"""The order in which they are begun; what is not here comes last."""


class Turns(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's scheduler of whole scopes, with ours."""

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


def share(nodeid: str) -> str:
    """What the test called `nodeid` is given to a process with: all that has the same name."""
    for place, name in TOGETHER.items():
        if nodeid.startswith(place):
            return name
    return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


def turn(nodeid: str) -> int:
    """When it is begun, the smallest first."""
    return next((number for number, folder in enumerate(FIRST) if nodeid.startswith(folder)), len(FIRST))
