"""What must be nowhere but inside: what node-manager keeps sealed of a node, and what proves that it was paid."""

import sqlite3
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bus.buckets.kv import Bucket
from bus.client.connection import connect
from schemas.ids import Owner
from schemas.records import NodeRecord, SealedCredentials
from schemas.settings import Settings
from services.node_manager.keep.credentials import open_credentials
from services.node_manager.keep.sealing import sealer_of


async def kept_secrets(settings: Settings, owner: Owner, node_id: str) -> dict[str, bytes]:
    """The device key, rune and webhook secret of a node, by name, opened as the `settings` of a node-manager say."""
    bus = await connect(settings, "topology")
    try:
        key = f"{owner}.{node_id}"
        entry = await Bucket(bus, "nodes", NodeRecord).get(key)
        assert entry is not None
        envelope = await Bucket(bus, "credentials", SealedCredentials).get(f"{key}.{entry.value.credentials_id}")
    finally:
        await bus.close()
    assert envelope is not None
    kept = await open_credentials(sealer_of(settings), owner, node_id, envelope.value.envelope)
    device = load_pem_private_key(kept.key.encode(), None)
    assert isinstance(device, EllipticCurvePrivateKey)
    # The first 48 characters are the same for every P-256 key; those after them are the key itself.
    scalar = device.private_numbers().private_value.to_bytes(32, "big")
    body = "".join(line for line in kept.key.splitlines() if "-----" not in line)
    found = {
        "device key": scalar,
        "device key PEM": body.encode()[52:88],
        "rune": kept.rune.encode(),
        "webhook secret": kept.hook_secret.encode(),
    }
    assert all(len(secret) >= 16 for secret in found.values())
    return found


def preimages(folder: Path) -> dict[str, bytes]:
    """What the nodes of the sandbox in `folder` were paid for, by payment hash."""
    [books] = folder.rglob("money.db")
    with sqlite3.connect(f"file:{books}?mode=ro", uri=True) as opened:
        rows = opened.execute("SELECT payment_hash, preimage FROM invoices WHERE paid_at IS NOT NULL").fetchall()
    return {f"preimage of {payment_hash.hex()}": preimage for payment_hash, preimage in rows}
