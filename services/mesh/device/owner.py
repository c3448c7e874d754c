"""An owner: keys made here, requests signed with NIP-98, the mnemonic sealed to a node-manager before it is sent."""

import secrets
import time

import httpx
import msgspec
from coincurve import PrivateKey
from mnemonic import Mnemonic

from bus.sealed import seal
from schemas.nip98 import sign
from schemas.records import SealingKey
from schemas.sealed import SeedEnvelope


class Refused(Exception):
    """The edge refused a request; `code` is the problem's code, `retryable` whether trying again can help."""

    def __init__(self, status: int, code: str, detail: str, *, retryable: bool) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.code, self.retryable = code, retryable


class _SealingKeys(msgspec.Struct):
    keys: list[SealingKey]


class Owner:
    """A seller with a phone. `pubkey` is the Nostr public key (64 hex)."""

    def __init__(self, edge_url: str, client: httpx.AsyncClient) -> None:
        self._nostr = bytearray(secrets.token_bytes(32))
        self._mnemonic = Mnemonic("english").generate(128)
        self._edge_url, self._client = edge_url, client
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
        """Send the sealed mnemonic; returns the operation's id. The same `key` again is the same operation."""
        sealing_key = secrets.choice(await self._sealing_keys())
        envelope = SeedEnvelope(
            mnemonic=self._mnemonic, owner_pubkey=self.pubkey, idempotency_key=key, sealed_at=int(time.time())
        )
        box = seal(sealing_key.public_key, msgspec.json.encode(envelope))
        sealed = {"instance": sealing_key.instance, "kid": sealing_key.kid, "box": box}
        return await self._post("/v1/nodes", {"sealed": sealed}, key)

    async def register_username(self, username: str, key: str) -> str:
        """Claim a name for the owner's node; returns the operation's id."""
        return await self._post("/v1/register-username", {"username": username}, key)

    async def get(self, path: str, *, wait_s: int = 0) -> dict[str, object]:
        """A signed GET; the answer's JSON object. Raises Refused."""
        headers = {"Authorization": self.authorization("GET", self._edge_url + path)}
        if wait_s:
            headers["Prefer"] = f"wait={wait_s}"
        return _checked(await self._client.get(self._edge_url + path, headers=headers, timeout=wait_s + 10))

    async def _sealing_keys(self) -> list[SealingKey]:
        answer = await self._client.get(self._edge_url + "/v1/sealing-keys")
        return msgspec.convert(_checked(answer), _SealingKeys).keys

    async def _post(self, path: str, body: dict[str, object], key: str) -> str:
        content, url = msgspec.json.encode(body), self._edge_url + path
        headers = {
            "Authorization": self.authorization("POST", url, content),
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        answer = await self._client.post(url, content=content, headers=headers)
        _checked(answer)
        return answer.headers["Location"].rpartition("/")[2]


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
