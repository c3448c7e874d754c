"""After registrations and a payment: no mnemonic, seed, key or rune in the store, in any log, in any environment."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bus.connection import connect
from bus.kv import Bucket
from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.ids import owner_of
from schemas.records import NodeRecord, SealedCredentials
from schemas.settings import Settings
from services.mesh.demo.progress import Progress
from services.mesh.demo.story import Story
from services.mesh.device.owner import Owner
from services.node_manager.keep.credentials import open_credentials
from services.node_manager.keep.sealing import sealer_of
from tests.harness import running_mesh
from tests.secrets_search import environments, files_below, search


@pytest.fixture
def known_owner(monkeypatch: pytest.MonkeyPatch) -> list[Owner]:
    """The owners that the demo's story makes, so that the test knows what to look for."""
    made: list[Owner] = []
    original = Owner.__init__

    def remember(self: Owner, *arguments: object, **more: object) -> None:
        original(self, *arguments, **more)  # type: ignore[arg-type]  # passed through as they came
        made.append(self)

    monkeypatch.setattr(Owner, "__init__", remember)
    return made


async def test_the_demo_leaves_no_secret_behind(tmp_path: Path, known_owner: list[Owner]) -> None:
    planted = tmp_path / "logs" / "planted.log"
    async with running_mesh(tmp_path) as mesh:
        await Story(mesh.stack.running(), Progress()).tell("alice")
        assert mesh.stack.server.pid is not None
        pids = [os.getpid(), mesh.stack.server.pid, *(child.pid for child in mesh.stack.children.values())]
        secrets: dict[str, bytes] = {}
        for who, owner in zip(("seller", "payer"), known_owner, strict=True):
            found = await _secrets_of(owner, mesh.stack.settings())
            secrets |= {f"{who}: {name}": value for name, value in found.items()}
        in_processes = search(secrets, environments(pids))
    assert not in_processes
    assert not search(secrets, files_below(tmp_path))
    planted.write_bytes(b'{"event": "oops", "seed": "' + base64.b64encode(secrets["payer: seed"]) + b'"}')
    assert {hit.secret for hit in search(secrets, files_below(tmp_path))} == {"payer: seed"}


async def _secrets_of(owner: Owner, settings: Settings) -> dict[str, bytes]:
    """Everything that must be nowhere, by name."""
    seed = secret_from_mnemonic(owner.mnemonic)
    keys = NodeKeys.from_secret(seed, "regtest")
    return {
        "mnemonic": owner.mnemonic.encode(),
        "seed": bytes(seed),
        "node key": keys.node_key.expose(),
        "rune secret": keys.rune_secret.expose(),
        "nostr key": bytes(owner._nostr),
        **{f"startup {name}": value.expose() for name, value in keys.startup_secrets},
        **await _credentials(owner, keys.node_id.hex(), settings),
    }


async def _credentials(owner: Owner, node_id: str, settings: Settings) -> dict[str, bytes]:
    """The device key and rune that node-manager keeps sealed, opened with its own key."""
    bus = await connect(settings, "topology")
    try:
        key = f"{owner_of(owner.pubkey)}.{node_id}"
        entry = await Bucket(bus, "nodes", NodeRecord).get(key)
        assert entry is not None
        envelope = await Bucket(bus, "credentials", SealedCredentials).get(f"{key}.{entry.value.credentials_id}")
    finally:
        await bus.close()
    assert envelope is not None
    kept = await open_credentials(sealer_of(settings), owner_of(owner.pubkey), node_id, envelope.value.envelope)
    device = load_pem_private_key(kept.key.encode(), None)
    assert isinstance(device, EllipticCurvePrivateKey)
    # The first 48 characters are the same for every P-256 key; those after them are the key itself.
    scalar = device.private_numbers().private_value.to_bytes(32, "big")
    body = "".join(line for line in kept.key.splitlines() if "-----" not in line)
    return {"device key": scalar, "device key PEM": body.encode()[52:88], "rune": kept.rune.encode()}
