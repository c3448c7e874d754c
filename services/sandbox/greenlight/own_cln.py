"""A Core Lightning that its owner runs: cln-grpc with a client certificate, the same `cln.Node`, a signer inside.

It belongs to no scheduler and knows no runes: whoever has the client certificate of its folder may call everything. Its
seed is kept in that folder, as lightningd keeps its own. Its signer never leaves, and approves of every payment.
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import grpc.aio
import msgspec
from coincurve import PrivateKey
from google.protobuf.message import DecodeError

from proto import greenlight_pb2
from schemas.bolt11 import invoice_digest
from schemas.bolt12 import signature_digest
from schemas.greenlight.signing import Ask, Bolt12Signing, alias_secret, read_invoice_to_sign
from services.sandbox.greenlight.errors import ClnError
from services.sandbox.greenlight.inside import Inside, Surroundings
from services.sandbox.greenlight.node_service import METHODS, SERVICE, Method, Raw, RawContext
from services.sandbox.greenlight.pki import Authority, write_key
from services.sandbox.greenlight.store import StoredNode, replace_file
from services.sandbox.greenlight.wire import listen, new_server

_GRACE_S: Final = 0.2
_POINT: Final = slice(2, 35)
_DERIVED_NAME: Final = 4
_APPROVED: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class ClnFiles:
    """What its owner has: where it listens, who it is (66 hex), and the folder with `ca.pem`, `client.pem` and
    `client-key.pem`, as cln-grpc writes them."""

    uri: str
    node_id: str
    folder: Path


class OwnCln:
    """One such node in `folder`, in the surroundings of a world."""

    def __init__(self, folder: Path, around: Surroundings) -> None:
        self._folder, self._around = folder, around
        self._key = _key(folder / "hsm_secret")
        self.node_id = self._key.public_key.format().hex()
        self._server: grpc.aio.Server | None = None
        self._signing: asyncio.Task[None] | None = None

    async def start(self) -> ClnFiles:
        """Listen on loopback, on the port of the last time if it is free."""
        if self._around.store.get(self.node_id) is None:
            network = self._around.network
            self._around.store.put(StoredNode(node_id=self.node_id, network=network, bip32_key="", signer_proto=""))
        self.inside = Inside(self.node_id, self._around, lambda: None)
        self._signing = asyncio.create_task(self._sign())
        authority = Authority.load(self._folder, "ca")
        if authority is None:
            authority = Authority.root("cln Root CA")
            client = authority.identity("cln grpc Client")
            replace_file(self._folder / "client.pem", client.chain_pem)
            write_key(self._folder / "client-key.pem", client.key_pem)
            authority.save(self._folder, "ca")
        server = new_server()
        server.add_generic_rpc_handlers((self._handlers(),))
        file = self._folder / "port"
        before = int(file.read_text()) if file.exists() else 0
        port = listen(server, authority.identity("cln grpc Server", ("cln", "localhost")), authority.pem, before)
        replace_file(file, str(port).encode())
        await server.start()
        self._server = server
        return ClnFiles(f"https://127.0.0.1:{port}", self.node_id, self._folder)

    def announce(self, *, announced: bool) -> None:
        """Let all gossip hold the node's announcement, or forget it, until it is said otherwise."""
        self.inside.save(msgspec.structs.replace(self.inside.record, announced=announced))

    async def stop(self) -> None:
        """Stop listening."""
        server, self._server = self._server, None
        if self._signing is not None:
            self._signing.cancel()
            await asyncio.gather(self._signing, return_exceptions=True)
            self.inside.halt()
        if server is not None:
            await server.stop(_GRACE_S)

    async def _sign(self) -> None:
        async for request in self.inside.hsm.attach():
            signed = self._signed(request.raw)
            if signed:
                self.inside.hsm.respond(greenlight_pb2.HsmResponse(request_id=request.request_id, raw=signed))

    def _signed(self, asked: bytes) -> bytes:
        match int.from_bytes(asked[:2], "big"):
            case Ask.ECDH:
                return Ask.ECDH.reply + self._key.ecdh(asked[_POINT])
            case Ask.SIGN_INVOICE:
                digest = invoice_digest(*read_invoice_to_sign(asked))
                return Ask.SIGN_INVOICE.reply + self._key.sign_recoverable(digest, hasher=None)
            case Ask.SIGN_BOLT12 | Ask.SIGN_BOLT12_2 as kind:
                wanted = Bolt12Signing.read(asked)
                secret = self._key.secret
                if wanted.tweak:
                    secret = alias_secret(secret, self._derived(wanted.info), wanted.tweak)
                digest = signature_digest(wanted.message, wanted.field, wanted.root)
                return Ask(kind).reply + PrivateKey(secret).sign_schnorr(digest, bytes(32))
            case Ask.DERIVE_SECRET:
                return Ask.DERIVE_SECRET.reply + self._derived(asked[_DERIVED_NAME:])
            case Ask.PREAPPROVE_INVOICE:
                return Ask.PREAPPROVE_INVOICE.reply + _APPROVED
        return b""

    def _derived(self, name: bytes) -> bytes:
        return hmac.digest(self._key.secret, name, "sha256")

    def _handlers(self) -> grpc.GenericRpcHandler:
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            name: grpc.unary_unary_rpc_method_handler(self._plain(name, method)) for name, method in METHODS.items()
        }
        return grpc.method_handlers_generic_handler(SERVICE, handlers)

    def _plain(self, name: str, method: Method) -> Raw:
        async def handle(payload: bytes, context: RawContext) -> bytes:
            self._around.calls[f"cln.{name}"] += 1
            await self._around.faults.stalled(name)
            try:
                answer = await method.run(self.inside, payload)
            except ClnError as error:
                await context.abort(grpc.StatusCode.UNKNOWN, error.details(name))
            except DecodeError:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request cannot be parsed")
            await self._around.faults.after(name, context)
            return answer

        return handle


def _key(file: Path) -> PrivateKey:
    if not file.exists():
        write_key(file, secrets.token_bytes(32))
    return PrivateKey(file.read_bytes())
