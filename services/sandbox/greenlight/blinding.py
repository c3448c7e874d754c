"""Blinded paths from the provider to a node by which the node is reached: fresh each time, and known by their ids."""

import secrets

from schemas.bolt12 import (
    BlindedPath,
    PaymentConstraints,
    PaymentRelay,
    PlannedHop,
    Problem,
    RecipientData,
    create_path,
)


def path_to(node_id: bytes, provider_id: bytes) -> tuple[BlindedPath, bytes]:
    """A path for messages to `node_id` whose introduction point is `provider_id`; never the same twice.

    With it the path id (32 bytes) that a payer's message will carry. Raises ValueError if an id is no key.
    """
    path_id = secrets.token_bytes(32)
    return _path(
        PlannedHop(provider_id, RecipientData(next_node_id=node_id)),
        PlannedHop(node_id, RecipientData(path_id=path_id)),
    ), path_id


def payment_path_to(
    node_id: bytes, provider_id: bytes, relay: PaymentRelay, constraints: PaymentConstraints
) -> tuple[BlindedPath, bytes]:
    """As `path_to`, for payments: the provider forwards for `relay`, both ends keep `constraints`."""
    path_id = secrets.token_bytes(32)
    first = RecipientData(next_node_id=node_id, payment_relay=relay, payment_constraints=constraints)
    last = RecipientData(path_id=path_id, payment_constraints=constraints)
    return _path(PlannedHop(provider_id, first), PlannedHop(node_id, last)), path_id


def payment_path_from(node_id: bytes, constraints: PaymentConstraints) -> tuple[BlindedPath, bytes]:
    """As `payment_path_to`, of one hop: it begins where it ends, at a node that payers find by its id."""
    path_id = secrets.token_bytes(32)
    last = RecipientData(path_id=path_id, payment_constraints=constraints)
    return _path(PlannedHop(node_id, last)), path_id


def _path(*hops: PlannedHop) -> BlindedPath:
    path = create_path(secrets.token_bytes(32), hops)
    if isinstance(path, Problem):
        raise ValueError(path.detail)
    return path
