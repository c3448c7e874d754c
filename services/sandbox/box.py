"""The whole sandbox, started and stopped as one.

Guarantees: `world.json` stands only while everything in it answers; a second sandbox on the same folder is refused; a
start that fails half-way leaves nothing running.
"""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dns.asyncquery
import dns.message
import msgspec

from schemas.settings import Settings
from schemas.world import World, world_file
from services.sandbox import ports
from services.sandbox.cloudflare.api import BASE_PATH, CloudflareApi
from services.sandbox.cloudflare.dnssec import Dnssec
from services.sandbox.cloudflare.records import Records
from services.sandbox.cloudflare.rules import Plan
from services.sandbox.control import Control
from services.sandbox.dns.universe import SHOP
from services.sandbox.dns.updater import PARENT, PUBLISHER
from services.sandbox.dns.world import DnsAddresses, DnsWorld
from services.sandbox.greenlight import GreenlightAddresses, GreenlightWorld
from services.sandbox.rdap import BASE_PATH as RDAP_PATH
from services.sandbox.rdap import BOOTSTRAP_PATH, Rdap
from services.sandbox.state import Ports, Store, ports_of, replace_file
from services.sandbox.web import HttpServer

DOMAIN = SHOP.to_text(omit_final_dot=True)
NETWORK: Final = "regtest"
CHECK_TIMEOUT_S = 5.0


class SandboxBusyError(RuntimeError):
    """Another sandbox runs on the same folder."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A running sandbox: how to reach it, and the parts themselves."""

    world: World
    dns: DnsWorld
    cloudflare: CloudflareApi
    greenlight: GreenlightWorld


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Parts]:
    """The sandbox of `settings.data_dir` while the block runs; raises SandboxBusyError, OSError."""
    folder = world_file(settings.data_dir).parent
    async with contextlib.AsyncExitStack() as stack:
        store = Store(folder)
        stack.enter_context(_locked(folder / "lock"))
        world_file(settings.data_dir).unlink(missing_ok=True)
        dns_world, dns_addresses = await _dns(stack, store, settings)
        api, records, cloudflare_port = await _cloudflare(stack, store, dns_world)
        greenlight = GreenlightWorld(
            folder / "greenlight",
            boot_delay_s=settings.sandbox_boot_delay_s,
            network=NETWORK,
            wires=settings.sandbox_wires,
        )
        stack.push_async_callback(greenlight.stop)
        gl_addresses = await greenlight.start()
        own_cln = await greenlight.start_own_cln()
        rdap, rdap_port = await _rdap(stack, store, dns_world)
        control = Control(dns_world, api, records, rdap, greenlight)
        wanted = settings.sandbox_control_port or store.state.ports.control
        control_server = await _serve(stack, HttpServer(control.app(), ports.tcp_socket(wanted)))
        kept = ports_of(store.state.ports, cloudflare=cloudflare_port, rdap=rdap_port, control=control_server.port)
        store.save(ports=kept)
        await _check(dns_world, dns_addresses)
        world = _world(store, dns_world, dns_addresses, gl_addresses, kept)
        world = msgspec.structs.replace(
            world, cln_uri=own_cln.uri, cln_node_id=own_cln.node_id, cln_dir=str(own_cln.folder)
        )
        stack.callback(world_file(settings.data_dir).unlink, missing_ok=True)
        replace_file(world_file(settings.data_dir), msgspec.json.encode(world), 0o644)
        yield Parts(world, dns_world, api, greenlight)


async def _dns(stack: contextlib.AsyncExitStack, store: Store, settings: Settings) -> tuple[DnsWorld, DnsAddresses]:
    dns_world = DnsWorld(
        store, resolver_lag_s=settings.sandbox_resolver_lag_s, negative_ttl_s=settings.sandbox_negative_ttl_s
    )
    stack.push_async_callback(dns_world.stop)
    return dns_world, await dns_world.start()


async def _cloudflare(
    stack: contextlib.AsyncExitStack, store: Store, dns_world: DnsWorld
) -> tuple[CloudflareApi, Records, int]:
    records = Records(store, dns_world.universe, DOMAIN, Plan())
    dnssec = Dnssec(dns_world.children, SHOP)
    api = CloudflareApi(records, dnssec, store.state.zone_id, store.token()[0])
    server = HttpServer(api.app(), ports.tcp_socket(store.state.ports.cloudflare))
    await _serve(stack, server)
    return api, records, server.port


async def _rdap(stack: contextlib.AsyncExitStack, store: Store, dns_world: DnsWorld) -> tuple[Rdap, int]:
    rdap = Rdap(dns_world.universe, dns_world.children)
    server = await _serve(stack, HttpServer(rdap.app(), ports.tcp_socket(store.state.ports.rdap)))
    rdap.url = f"http://127.0.0.1:{server.port}{RDAP_PATH}"
    return rdap, server.port


async def _serve(stack: contextlib.AsyncExitStack, server: HttpServer) -> HttpServer:
    stack.push_async_callback(server.stop)
    await server.start()
    return server


async def _check(dns_world: DnsWorld, addresses: DnsAddresses) -> None:
    """Ask every name server and resolver once; raises dns.exception.Timeout or OSError for one that is silent.

    Resolvers forget what they heard: a TTL that is lowered right after the start counts as if it had always been so.
    """
    for origin, servers in dns_world.universe.addresses.items():
        query = dns.message.make_query(origin, "SOA", want_dnssec=True)
        for server in servers:
            await dns.asyncquery.udp(query, server, CHECK_TIMEOUT_S, addresses.port)
            await dns.asyncquery.tcp(query, server, CHECK_TIMEOUT_S, addresses.port)
    for resolver in addresses.resolvers:
        host, _, port = resolver.rpartition(":")
        await dns.asyncquery.udp(dns.message.make_query(SHOP, "SOA"), host, CHECK_TIMEOUT_S, int(port))
    dns_world.forget()


def _world(
    store: Store, dns_world: DnsWorld, dns_addresses: DnsAddresses, gl: GreenlightAddresses, serving: Ports
) -> World:
    return World(
        pid=os.getpid(),
        control_url=f"http://127.0.0.1:{serving.control}",
        domain=DOMAIN,
        scheduler_uri=gl.scheduler_uri,
        ca_file=str(gl.ca_file),
        nobody_cert_file=str(gl.nobody_cert_file),
        nobody_key_file=str(gl.nobody_key_file),
        network=NETWORK,
        dns_port=dns_addresses.port,
        dns_root_servers=dns_addresses.root_servers,
        anchors_file=str(dns_addresses.anchors_file),
        bind_anchors_file=str(dns_addresses.bind_anchors_file),
        resolvers=dns_addresses.resolvers,
        cloudflare_base_url=f"http://127.0.0.1:{serving.cloudflare}{BASE_PATH}",
        cloudflare_token_file=str(store.token()[1].absolute()),
        rdap_bootstrap_url=f"http://127.0.0.1:{serving.rdap}{BOOTSTRAP_PATH}",
        publisher_key_file=str(dns_world.updater.files[PUBLISHER]),
        parent_key_file=str(dns_world.updater.files[PARENT]),
        primaries={origin.to_text(): servers[0] for origin, servers in dns_world.universe.addresses.items()},
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxBusyError(f"another sandbox runs on {path.parent}") from None
        yield
