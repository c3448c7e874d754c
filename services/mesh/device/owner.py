"""An owner: keys made here, requests signed with NIP-98, the mnemonic sealed to a node-manager before it is sent."""

import secrets
import time
from collections import deque
from collections.abc import Container, Mapping, Sequence

import httpx
import msgspec
from coincurve import PrivateKey
from mnemonic import Mnemonic

from bus.secrets.sealed import seal
from schemas.doors import AccessEnvelope, AnswerEnvelope, ClnAccess, Device
from schemas.greenlight.keys import NodeKeys
from schemas.nip98 import sign
from schemas.records import SealingKey
from schemas.sealed import SeedEnvelope
from services.mesh.device.vouching import vouch


class Refused(Exception):
    """The edge refused a request; `code` is the problem's code, `retryable` whether trying again can help."""

    def __init__(self, status: int, code: str, detail: str, *, retryable: bool) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.code, self.retryable = code, retryable


class _SealingKeys(msgspec.Struct):
    keys: list[SealingKey]


class Owner:
    """A seller with a phone. `pubkey` is the Nostr public key (64 hex).

    Talks to the edge at `edge_url`, and goes on to the next of `others` when it cannot be reached; signs for
    `canonical`, which all of them share (default: `edge_url`). Has a new wallet unless `mnemonic` is of one, and is
    somebody new unless `nostr` is a secret key (32 bytes).
    """

    def __init__(
        self,
        edge_url: str,
        client: httpx.AsyncClient,
        canonical: str = "",
        others: Sequence[str] = (),
        mnemonic: str = "",
        nostr: bytes = b"",
    ) -> None:
        self._nostr = bytearray(nostr or secrets.token_bytes(32))
        self._mnemonic = mnemonic or Mnemonic("english").generate(128)
        self._client, self._canonical = client, canonical or edge_url
        self._vain: set[str] = set()
        self._edges = deque((edge_url, *(other for other in others if other != edge_url)))
        self.pubkey = PrivateKey(bytes(self._nostr)).public_key_xonly.format().hex()

    def __repr__(self) -> str:
        return f"Owner({self.pubkey})"

    @property
    def mnemonic(self) -> str:
        """Twelve words: for the device's own signer, nobody else."""
        return self._mnemonic

    def authorization(self, method: str, url: str, body: bytes = b"") -> str:
        """A NIP-98 header value for one request; the nonce keeps equal requests in one second apart."""
        return sign(
            bytes(self._nostr),
            url=url,
            method=method,
            body=body,
            created_at=int(time.time()),
            nonce=secrets.token_hex(8),
        )

    async def register_node(self, key: str) -> str:
        """Send the sealed mnemonic; returns the operation's id. The same `key` again is the same operation.

        To who said last that it is there: a process that died is listed for a while. One that was not there is not
        tried again.
        """
        sealing_key = likeliest(await self._sealing_keys(), self._vain)
        envelope = SeedEnvelope(
            mnemonic=self._mnemonic, owner_pubkey=self.pubkey, idempotency_key=key, sealed_at=int(time.time())
        )
        box = seal(sealing_key.public_key, msgspec.json.encode(envelope))
        sealed = {"instance": sealing_key.instance, "kid": sealing_key.kid, "box": box}
        try:
            return await self._post("/v1/nodes", {"sealed": sealed}, key)
        except Refused as refused:
            if refused.code == "sealing-key-unknown":
                self._vain.add(sealing_key.kid)
            raise

    async def register_by_challenge(self, key: str, keys: NodeKeys) -> str:
        """Have a device of the mesh's certified for the node behind `keys`, which stay here; the operation's id."""
        body = msgspec.json.encode({"nodeId": keys.node_id.hex()})
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        given = _checked(await self.send("POST", "/v1/nodes/devices", body, headers=headers, timeout_s=30))
        device = msgspec.convert({name: value for name, value in given.items() if name != "type"}, Device)
        envelope = AnswerEnvelope(
            answer=vouch(keys, device), owner_pubkey=self.pubkey, idempotency_key=key, sealed_at=int(time.time())
        )
        box = seal(device.public_key, msgspec.json.encode(envelope))
        answer = {"instance": device.instance, "kid": device.kid, "box": box}
        return await self._post("/v1/nodes", {"answer": answer}, key)

    async def register_own_node(self, key: str, access: ClnAccess) -> str:
        """Hand over, sealed, how to reach the owner's own Core Lightning; the operation's id."""
        sealing_key = likeliest(await self._sealing_keys(), self._vain)
        envelope = AccessEnvelope(
            access=access, owner_pubkey=self.pubkey, idempotency_key=key, sealed_at=int(time.time())
        )
        box = seal(sealing_key.public_key, msgspec.json.encode(envelope))
        sealed = {"instance": sealing_key.instance, "kid": sealing_key.kid, "box": box}
        return await self._post("/v1/nodes", {"cln": sealed}, key)

    async def register_by_pairing(self, key: str, node_id: str) -> str:
        """Ask for a pairing code for the node (66 hex), which the wallet then approves; the operation's id."""
        return await self._post("/v1/nodes", {"pairing": {"nodeId": node_id}}, key)

    async def change_node(self, node_id: str, verb: str, key: str) -> str:
        """Have a node (66 hex) started (`start`) or stopped (`stop`); the operation's id."""
        return await self._post(f"/v1/nodes/{node_id}/{verb}", {}, key)

    async def delete_node(self, node_id: str, key: str) -> str:
        """Have everything forgotten that opens a node (66 hex); the operation's id."""
        return await self.ask("DELETE", f"/v1/nodes/{node_id}", {}, key)

    async def register_username(self, username: str, key: str) -> str:
        """Claim a name for the owner's node; returns the operation's id."""
        return await self._post("/v1/register-username", {"username": username}, key)

    async def rotate_offer(self, name: str, key: str) -> str:
        """Have the name pay a new offer; returns the operation's id."""
        return await self.ask("PUT", f"/v1/names/{name}/offer", {}, key)

    async def release_name(self, name: str, key: str) -> str:
        """Give the name up; returns the operation's id."""
        return await self.ask("DELETE", f"/v1/names/{name}", {}, key)

    async def pay(self, to: str, msat: int, key: str, *, max_fee_msat: int | None = None, note: str = "") -> str:
        """Pay `to` (a name, an offer, an invoice) from the owner's only node, with a `note`; the payment's id."""
        body: dict[str, object] = {"to": to, "amountMsat": str(msat)}
        if note:
            body["payerNote"] = note
        return await self._post("/v1/payments", body | _given("maxFeeMsat", max_fee_msat), key)

    async def get(self, path: str, *, wait_s: int = 0, revision: str = "") -> dict[str, object]:
        """A signed GET; the answer's JSON object, at least as new as `revision` (`X-Revision`). Raises Refused."""
        headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        headers |= {"X-Revision": revision} if revision else {}
        return _checked(await self.send("GET", path, headers=headers, timeout_s=wait_s + 10))

    async def cancel(self, operation: str) -> None:
        """Ask that an operation be undone. Raises Refused."""
        _checked(await self.send("DELETE", f"/v1/operations/{operation}"))

    async def send(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 15,
    ) -> httpx.Response:
        """A signed request to the edge, or to the next one if it cannot be reached or breaks off.

        Signed anew for each: a header that an edge took once is taken by none again. Only for requests that may be
        sent twice: reads, and what carries an idempotency key. Raises httpx.TransportError when no edge answers.
        """
        for left in reversed(range(len(self._edges))):
            signed = {"Authorization": self.authorization(method, self._canonical + path, content), **(headers or {})}
            url = self._edges[0] + path
            try:
                return await self._client.request(method, url, content=content, headers=signed, timeout=timeout_s)
            except httpx.TransportError:
                self._edges.rotate(-1)
                if not left:
                    raise
        raise AssertionError("there is at least one edge")

    async def _sealing_keys(self) -> list[SealingKey]:
        return msgspec.convert(_checked(await self.send("GET", "/v1/sealing-keys")), _SealingKeys).keys

    async def _post(self, path: str, body: dict[str, object], key: str) -> str:
        return await self.ask("POST", path, body, key)

    async def ask(self, method: str, path: str, body: dict[str, object], key: str) -> str:
        """Ask for a change; the id of the operation that makes it. Raises Refused."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self.send(method, path, msgspec.json.encode(body), headers=headers)
        _checked(answer)
        return str(answer.headers["Location"]).rpartition("/")[2]


def likeliest(listed: Sequence[SealingKey], vain: Container[str]) -> SealingKey:
    """Whose process is likeliest to be there: the first listed (who said so last) whose kid is not in `vain`; pure.

    The first of all if every one is. IndexError if none is listed.
    """
    return next((key for key in listed if key.kid not in vain), listed[0])


def _given(name: str, msat: int | None) -> dict[str, object]:
    return {} if msat is None else {name: str(msat)}


def _checked(answer: httpx.Response) -> dict[str, object]:
    if answer.is_success:
        return msgspec.json.decode(answer.content, type=dict[str, object])
    problem = msgspec.json.decode(answer.content, type=dict[str, object])
    raise Refused(
        answer.status_code,
        str(problem.get("code")),
        str(problem.get("detail")),
        retryable=bool(problem.get("retryable")),
    )
