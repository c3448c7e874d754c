"""`mesh keys new|rotate`: the nkeys of every identity, made once and replaced without a refused connection.

Never prints a seed. For a mesh that runs on the folder each step is also told to its nats-server; any other server gets
`mesh nats-config --out` again and a reload.
"""

import argparse
from pathlib import Path

from bus.secrets import rotation
from bus.secrets.keys import make_keys, read_public
from bus.servers.reload import reload_embedded
from bus.tables.identities import ALL_IDENTITIES
from schemas.settings import Settings
from services.mesh.running import Running, running_mesh

_STEPS = {"offer": rotation.offer, "switch": rotation.switch, "finish": rotation.finish}
_NEXT = {
    "offer": "both keys are good once the server has reloaded; then --switch",
    "switch": "restart its services; when all have, --finish",
    "finish": "the old key is refused once the server has reloaded",
}


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    parser = verbs.add_parser("keys", help="nkeys of every identity: make what is missing, or rotate")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    makes = actions.add_parser("new", help="make the keys that are missing; never replaces one")
    makes.add_argument("--dir", type=Path, required=True, help="folder of the seeds and public.json")
    turns = actions.add_parser("rotate", help="offer a new key, then --switch to it, then --finish the old one")
    turns.add_argument("--dir", type=Path, help="folder of the keys (default: the running mesh's)")
    turns.add_argument("identities", nargs="*", metavar="IDENTITY", choices=[[], *ALL_IDENTITIES])
    turns.add_argument("--all", action="store_true", help="every identity")
    step = turns.add_mutually_exclusive_group()
    step.add_argument("--switch", dest="step", action="store_const", const="switch", default="offer")
    step.add_argument("--finish", dest="step", action="store_const", const="finish")


def keys(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make or rotate; exit status 2 without an identity or a folder."""
    if arguments.action == "new":
        made = make_keys(arguments.dir)
        print(f"{len(made)} identities in {arguments.dir}")
        return 0
    running = running_mesh(settings.data_dir)
    folder = arguments.dir or (Path(running.keys_dir) if running else None)
    chosen = ALL_IDENTITIES if arguments.all else tuple(arguments.identities)
    if folder is None or not chosen:
        print("mesh: say which IDENTITY (or --all), and --dir where no mesh runs")
        return 2
    return _rotate(folder, chosen, arguments.step, running)


def _rotate(folder: Path, identities: tuple[str, ...], step: str, running: Running | None) -> int:
    for identity in identities:
        state = _STEPS[step](folder, identity)
        print(f"{identity:<18} {type(state).__name__.lower():<9} {_NEXT[step]}")
    if running is not None and Path(running.keys_dir) == folder.resolve() and step != "switch":
        reloaded = reload_embedded(Path(running.data_dir), read_public(folder))
        print(f"nats-server told to reload: {', '.join(map(str, reloaded)) or 'none runs'}")
    return 0
