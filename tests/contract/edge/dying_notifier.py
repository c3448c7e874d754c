"""`python -m tests.contract.edge.dying_notifier N`: a notifier with lists of small pages, which kills itself (SIGKILL)
once its listing has waited N times. What it has waited for until then has happened."""

import sys

from bus.buckets.leases import Held
from services.notifier import listing
from services.notifier.__main__ import main
from services.notifier.lists import Lists
from tests.contract.node_manager.doomed import Dying

PAGE = 8

if __name__ == "__main__":
    _waits, _look = int(sys.argv[1]), Lists.look

    async def _dying(lists: Lists, ours: Held) -> None:
        await Dying(_look(lists, ours), _waits)

    listing.PAGE = PAGE  # type: ignore[attr-defined]  # a constant of the real one
    Lists.look = _dying  # type: ignore[assignment]  # the real one, until it dies
    main()
