"""The blinded path from the provider to a node by which the node is reached: fresh each time, and known by its id."""

import secrets

from schemas.bolt12 import BlindedPath, PlannedHop, Problem, RecipientData, create_path


def path_to(node_id: bytes, provider_id: bytes) -> tuple[BlindedPath, bytes]:
    """A path to `node_id` whose introduction point is `provider_id`; never the same twice.

    With it the path id (32 bytes) that a payer's message will carry. Raises ValueError if an id is no key.
    """
    path_id = secrets.token_bytes(32)
    hops = (
        PlannedHop(provider_id, RecipientData(next_node_id=node_id)),
        PlannedHop(node_id, RecipientData(path_id=path_id)),
    )
    path = create_path(secrets.token_bytes(32), hops)
    if isinstance(path, Problem):
        raise ValueError(path.detail)
    return path, path_id
