"""`mesh`: the one command. Each verb is a file; this one only reads the command line."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bus import log as logs
from bus.errors import BusError
from schemas.settings import SettingError, Settings, load
from services.mesh import (
    credentials,
    demo,
    dlq,
    document,
    keys,
    nats_config,
    nip98,
    operators,
    rolling,
    run,
    sandbox_env,
    topology,
    up,
    verify,
)
from services.mesh.children import ChildError
from services.mesh.contract import write
from services.mesh.device import command
from services.mesh.stack import StackError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mesh", description="Shopstr's payment mesh. Settings: MESH_* (see README).")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")

    starts = verbs.add_parser("up", help="everything on embedded defaults, until Ctrl-C")
    starts.add_argument("--cluster", action="store_true", help="three nats-servers, two of each worker, two edges")
    starts.add_argument("--replicas", type=_count, help="processes per worker (default 1, with --cluster 2)")
    starts.add_argument("--edges", type=_count, help="edges, all with one canonical URL (default 1, with --cluster 2)")

    verbs.add_parser("roll", help="restart every part of the running mesh, one at a time")

    shows = verbs.add_parser("demo", help="a node, a name and its proof, and somebody who pays it, before your eyes")
    shows.add_argument("--name", default="alice", help="username to register (default alice)")
    shows.add_argument("--keep", action="store_true", help="keep the data folder of a mesh the demo started")

    one = verbs.add_parser("run", help="one service, in the foreground")
    one.add_argument("service", choices=run.SERVICES)

    table = verbs.add_parser("topology", help="streams, buckets and consumers: compare with the bus, or make them so")
    table.add_argument("action", choices=("plan", "apply"))

    keys.add_to(verbs)
    credentials.add_to(verbs)
    command.add_to(verbs)
    nats_config.add_to(verbs)
    operators.add_to(verbs)
    dlq.add_verbs(verbs.add_parser("dlq", help="the dead letters: list, show, replay, drop"))

    box = verbs.add_parser("sandbox", help="how to reach the running sandbox")
    box.add_argument("action", choices=("env",))

    verify.add_to(verbs)

    signs = verbs.add_parser("nip98", help="an Authorization header for curl, signed with the key in $NOSTR_KEY_FILE")
    signs.add_argument("method")
    signs.add_argument("url")
    signs.add_argument("--body", default="", help="the exact body that will be sent")

    rules = verbs.add_parser("alerts", help="the alerts as a Prometheus rules file")
    rules.add_argument("--write", type=Path, metavar="FILE", help="put them into FILE")
    documents = verbs.add_parser("schemas", help="OpenAPI, AsyncAPI and TypeScript: compare with what is committed")
    documents.add_argument("--write", action="store_true", help="write what differs")

    listing = verbs.add_parser("settings", help="the table of settings")
    listing.add_argument("--write", type=Path, metavar="FILE", help="put it between the markers in FILE")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 9:
        raise argparse.ArgumentTypeError("from 1 to 9")
    return count


def _act(arguments: argparse.Namespace, settings: Settings) -> int:
    match arguments.verb:
        case "up":
            counts = {"replicas": arguments.replicas, "edges": arguments.edges}
            return asyncio.run(up.up(settings, **counts, cluster=arguments.cluster))
        case "roll":
            return asyncio.run(rolling.ask(settings))
        case "demo":
            return asyncio.run(demo.demo(settings, username=arguments.name, keep=arguments.keep))
        case "run":
            return run.run(arguments.service)
        case "topology":
            return asyncio.run(topology.topology(settings, arguments.action))
        case "keys":
            return keys.keys(settings, arguments)
        case "device":
            return asyncio.run(command.device(settings, arguments))
        case "credentials":
            return credentials.credentials(settings, finish=arguments.finish)
        case "nats-config":
            return nats_config.nats_config(arguments)
        case "dlq":
            return asyncio.run(dlq.dlq(settings, arguments))
        case "operators":
            return asyncio.run(operators.operators(settings, arguments))
        case "sandbox":
            return sandbox_env.show(settings)
        case "alerts":
            return document.alert_rules(arguments.write)
        case "verify":
            return verify.verify(settings, arguments)
        case "nip98":
            return nip98.header(arguments.method, arguments.url, arguments.body)
        case "schemas":
            return write.contract(write=arguments.write)
        case _:
            return document.settings_table(arguments.write)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the result is the exit status (2: a setting or an argument is wrong)."""
    arguments = _parser().parse_args(argv)
    try:
        settings = load(os.environ)
        # The commands talk to a person; the services' own logs are in `<data_dir>/logs`.
        logs.configure("mesh", "warning" if settings.log_level == "info" else settings.log_level)
        return _act(arguments, settings)
    except SettingError as error:
        print(f"mesh: {error}", file=sys.stderr)
        return 2
    except (StackError, ChildError, BusError) as error:
        print(f"mesh: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
