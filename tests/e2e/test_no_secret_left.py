"""After registrations and a payment: no mnemonic, seed, key, rune, webhook secret or preimage in the store, in any log,
in any environment."""

import base64
import os
from pathlib import Path

import pytest

from schemas.greenlight.keys import NodeKeys, secret_from_mnemonic
from schemas.ids import owner_of
from schemas.settings import Settings
from services.mesh.demo.progress import Progress
from services.mesh.demo.story import Story
from services.mesh.device.owner import Owner
from tests.harness import running_mesh
from tests.kept_secrets import kept_secrets, preimages
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
        paid = preimages(tmp_path)
        assert paid
        in_processes = search(secrets | paid, environments(pids))
    assert not in_processes
    # What Greenlight signs with and what its nodes were paid for, the world knows itself.
    ours = [(place, content) for place, content in files_below(tmp_path) if "/sandbox/" not in place]
    assert any(b"paymentHash" in content for _, content in ours), "or nothing was searched"
    assert not search(secrets | paid, ours)
    of_owners = {name: value for name, value in secrets.items() if "webhook secret" not in name}
    assert not search(of_owners, files_below(tmp_path))
    planted.write_bytes(b'{"event": "oops", "seed": "' + base64.b64encode(secrets["payer: seed"]) + b'"}')
    assert {hit.secret for hit in search(of_owners, files_below(tmp_path))} == {"payer: seed"}


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
        **await kept_secrets(settings, owner_of(owner.pubkey), keys.node_id.hex()),
    }
