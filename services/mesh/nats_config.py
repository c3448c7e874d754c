"""`mesh nats-config`: the configuration of a production nats-server, from the tables and the public nkeys.

The text holds no secret. It is tried with the real nats-server (`-t`) before it is given to anybody.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bus.errors import ServerError
from bus.secrets.keys import read_public
from bus.servers.config import Routes, ServerPlan, render
from bus.servers.embedded import find_binary


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    parser = verbs.add_parser("nats-config", help="the configuration of a production nats-server, tried before printed")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there (whole or not at all)")
    parser.add_argument("--store", type=Path, required=True, help="folder of the streams")
    parser.add_argument("--keys", type=Path, required=True, help="folder with public.json (no seed is read)")
    parser.add_argument("--name", default="nats-1", help="the server's name, its own in a cluster (default nats-1)")
    parser.add_argument("--host", default="127.0.0.1", help="address for clients (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=4222, help="port for clients (default 4222)")
    parser.add_argument("--http-port", type=int, default=8222, help="port of the health pages, on loopback")
    parser.add_argument("--tls-cert", type=Path, help="PEM certificate: clients must speak TLS first")
    parser.add_argument("--tls-key", type=Path, help="PEM key of --tls-cert")
    parser.add_argument(
        "--route", action="append", default=[], metavar="HOST:PORT", help="another server of the cluster"
    )
    parser.add_argument("--route-host", default="127.0.0.1", help="address for routes (default 127.0.0.1)")
    parser.add_argument("--route-port", type=int, default=6222, help="port for routes (default 6222)")
    parser.add_argument("--tls-ca", type=Path, help="PEM of the CA of every server's certificate, for routes")


def nats_config(arguments: argparse.Namespace) -> int:
    """Print or write it; exit status 2 if an address beyond loopback would go without TLS."""
    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        print("mesh: --tls-cert and --tls-key go together", file=sys.stderr)
        return 2
    if arguments.tls_cert is None and arguments.host not in ("127.0.0.1", "::1", "localhost"):
        print("mesh: beyond loopback the bus needs --tls-cert and --tls-key", file=sys.stderr)
        return 2
    if arguments.route and not (arguments.tls_cert and arguments.tls_ca):
        print(
            "mesh: servers know each other by certificates: --route needs --tls-cert, --tls-key, --tls-ca",
            file=sys.stderr,
        )
        return 2
    text = render(
        ServerPlan(
            arguments.store.absolute(),
            read_public(arguments.keys),
            host=arguments.host,
            port=arguments.port,
            http_port=arguments.http_port,
            name=arguments.name,
            tls_cert=arguments.tls_cert and arguments.tls_cert.absolute(),
            tls_key=arguments.tls_key and arguments.tls_key.absolute(),
            routes=_routes(arguments),
        )
    )
    _try(text)
    if arguments.out is None:
        print(text, end="")
        return 0
    draft = arguments.out.with_name(f"{arguments.out.name}.tmp")
    draft.write_text(text, encoding="ascii")
    draft.replace(arguments.out)
    print(f"{arguments.out}: tried and written")
    return 0


def _routes(arguments: argparse.Namespace) -> Routes | None:
    if not arguments.route:
        return None
    return Routes(arguments.route_host, arguments.route_port, tuple(arguments.route), Path(arguments.tls_ca).absolute())


def _try(text: str) -> None:
    """Let the real server parse `text`; ServerError with what it says."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="ascii") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(  # noqa: S603  our own binary with our own text
            [find_binary(), "-t", "-c", file.name], capture_output=True, text=True, check=False, timeout=30
        )
    if done.returncode != 0:
        raise ServerError(f"nats-server refuses the configuration: {done.stderr.strip()[-500:]}")
