"""Who may speak on the bus: each name is an nkey user with its own permissions (`bus.permissions`) and inbox."""

from bus.subjects import WORKERS

APP_IDENTITIES: tuple[str, ...] = (*WORKERS, "edge", "topology", "shopstr")
"""Account APP, which has JetStream: the workers, the edge, the deploy tool, and Shopstr's other services."""

SEC_IDENTITIES: tuple[str, ...] = ("sec-node-manager", "sec-edge")
"""Account SEC, which has none, so that nothing sent there can ever be stored (law 6)."""

ALL_IDENTITIES: tuple[str, ...] = (*APP_IDENTITIES, *SEC_IDENTITIES)
