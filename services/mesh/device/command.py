"""`mesh device register --door DOOR`: an owner's device brings its node to the running mesh, by the door that is named;
`mesh device sign --words FILE`: its wallet stays open and signs for its node, until Ctrl-C.

A stand-in for a phone: a Nostr key and words of its own, sealed boxes, answers to challenges, a wallet that approves a
pairing. With `--words FILE` the same wallet comes again (the file is made if it is not there): its node is recovered.
With `--key FILE` the same owner does, whom `mesh nip98` signs for. Exit status 0 only if the node is ready in the end.
"""

import argparse
import asyncio
import secrets
import signal
from pathlib import Path

import httpx
import msgspec
from grpc.aio import AioRpcError

from schemas.doors import ClnAccess
from schemas.frames import Msg
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.greenlight.secrets import wipe
from schemas.requests import Network
from schemas.settings import Settings
from schemas.world import World
from services.mesh.demo.inbox import Inbox
from services.mesh.demo.progress import Progress
from services.mesh.device.held import UnusableFile, held_key, held_words
from services.mesh.device.owner import Owner, Refused
from services.mesh.device.pairing import NotApproved
from services.mesh.device.signer import Signer
from services.mesh.running import Running, running_mesh

WITHIN_S = 90.0
DOORS = ("seed", "challenge", "pairing", "cln")
_READY, _FAILED, _OFFERED = "node.register.ready", "node.register.failed", "node.register.pairing-offered"


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    parser = verbs.add_parser("device", help="an owner's device: bring a node to the running mesh by one of its doors")
    parser.add_argument("action", choices=("register", "sign"), help="bring the node, or stay and sign for it")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the owner's Nostr key, 64 hex; made if absent")
    parser.add_argument("--door", choices=DOORS, default="challenge", help="how the node comes (default challenge)")
    parser.add_argument("--words", type=Path, metavar="FILE", help="the wallet's twelve words; made if absent")


async def device(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the command line says; 1 if the mesh or the scheduler says no, 2 if no mesh runs or a file is no use."""
    progress, running = Progress(), running_mesh(settings.data_dir)
    if running is None:
        progress.say(f"no mesh runs on {settings.data_dir}")
        return 2
    if arguments.action == "sign" and not (arguments.words and arguments.words.exists()):
        progress.say("stopped: --words must name the file of a wallet that has a node")
        return 2
    try:
        words, key = held_words(arguments.words), held_key(arguments.key)
    except (UnusableFile, OSError) as error:
        progress.say(f"stopped: {error}")
        return 2
    try:
        if arguments.action == "sign":
            return await _sign(running, words, progress)
        return await _register(running, arguments.door, words, key, progress)
    except (Refused, NotApproved, TimeoutError, httpx.HTTPError, AioRpcError, OSError) as error:
        progress.say(f"stopped: {_said(error)}")
        return 1


async def _sign(running: Running, words: str, progress: Progress) -> int:
    """Stay attached, whenever the node runs, until somebody says that it is enough."""
    leaving = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leaving.set)
    async with Signer(running.world, words) as signer:
        progress.say(f"the wallet of node {signer.node_id} is open; Ctrl-C closes it")
        await signer.until(leaving)
    return 0


async def _register(running: Running, door: str, words: str, key: bytes, progress: Progress) -> int:
    keys = _keys(words, running.world.network)
    async with httpx.AsyncClient(timeout=15) as client:
        owner = Owner(running.edge_url, client, others=running.edge_urls, mnemonic=words, nostr=key)
        node_id = running.world.cln_node_id if door == "cln" else keys.node_id.hex()
        progress.say(f"owner {owner.pubkey[:16]}…, node {node_id[:16]}…, by the door `{door}`")
        socket = running.edge_url.replace("http", "ws", 1) + "/v1/ws"
        authorization = owner.authorization("GET", running.edge_url + "/v1/ws")
        async with Inbox(socket, authorization, lambda frame: progress.say(_line(frame))) as inbox:
            match door:
                case "seed":
                    await owner.register_node(secrets.token_hex(16))
                case "challenge":
                    await owner.register_by_challenge(secrets.token_hex(16), keys)
                case "cln":
                    await owner.register_own_node(secrets.token_hex(16), own_node(running.world))
                case _:
                    await _pair(running, owner, words, keys, inbox, progress)
            ended = await inbox.wait_for(_READY, _FAILED, within_s=WITHIN_S)
    progress.say(f"{ended.type}{f': {ended.code}' if ended.code else ''}")
    return 0 if ended.type == _READY else 1


async def _pair(running: Running, owner: Owner, words: str, keys: NodeKeys, inbox: Inbox, progress: Progress) -> None:
    async with Signer(running.world, words) as wallet:
        progress.say("the wallet has its node and a device of its own")
        await owner.register_by_pairing(secrets.token_hex(16), keys.node_id.hex())
        offered = await inbox.wait_for(_OFFERED, _FAILED, within_s=WITHIN_S)
        code = str(offered.data.get("code", ""))
        await wallet.listening.wait()
        await wallet.pair(code)
        progress.say("the wallet has approved")
        await inbox.wait_for("node.register.registered", _FAILED, within_s=WITHIN_S)


def _line(frame: Msg) -> str:
    return f"▸ {frame.type} {frame.data.get('how', '')}".rstrip()


def own_node(world: World) -> ClnAccess:
    """How to reach the sandbox's Core Lightning, from the files that its owner has."""
    folder = Path(world.cln_dir)
    return ClnAccess(
        node_id=world.cln_node_id,
        uri=world.cln_uri,
        ca=(folder / "ca.pem").read_text(),
        certificate=(folder / "client.pem").read_text(),
        key=(folder / "client-key.pem").read_text(),
    )


def _keys(words: str, network: str) -> NodeKeys:
    secret = secret_from_mnemonic(words)
    try:
        return NodeKeys.from_secret(secret, msgspec.convert(network, Network))
    finally:
        wipe(secret)


def _said(error: Exception) -> str:
    return str(error.code().name) if isinstance(error, AioRpcError) else str(error) or type(error).__name__
