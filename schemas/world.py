"""How to reach a running sandbox: what it writes to `<data_dir>/sandbox/world.json` once everything in it answers."""

from pathlib import Path

import msgspec

from schemas.base import Wire


class World(Wire, frozen=True, kw_only=True):
    """Addresses and files of a sandbox. Paths are absolute; `dns_*` addresses are IPs, `resolvers` are `ip:port`.

    `publisher_key_file` and `parent_key_file` hold TSIG keys for dynamic updates of TXT records below `test.` and of DS
    records in `test.`, to be sent to the zone's address in `primaries`. `cln_*` is a Core Lightning of somebody's
    own: where cln-grpc listens, its id, and the folder with its client certificate.
    """

    pid: int
    control_url: str
    domain: str
    scheduler_uri: str
    ca_file: str
    nobody_cert_file: str
    nobody_key_file: str
    network: str
    dns_port: int
    dns_root_servers: tuple[str, ...]
    anchors_file: str
    bind_anchors_file: str
    resolvers: tuple[str, ...]
    cloudflare_base_url: str
    cloudflare_token_file: str
    rdap_bootstrap_url: str = ""
    publisher_key_file: str = ""
    parent_key_file: str = ""
    cln_uri: str = ""
    cln_node_id: str = ""
    cln_dir: str = ""
    primaries: dict[str, str] = msgspec.field(default_factory=dict)


def world_file(data_dir: str) -> Path:
    """Where the sandbox of `data_dir` says how to reach it."""
    return Path(data_dir).absolute() / "sandbox" / "world.json"


def read_world(data_dir: str) -> World | None:
    """The sandbox of `data_dir`, if it has said how to reach it."""
    try:
        return msgspec.json.decode(world_file(data_dir).read_bytes(), type=World)
    except FileNotFoundError:
        return None
