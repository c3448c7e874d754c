"""Who may speak on the bus: each name is an nkey user with its own permissions (`bus.tables.permissions`) and inbox."""

from bus.tables.subjects import WORKERS

APP_IDENTITIES: tuple[str, ...] = (*WORKERS, "edge", "topology", "operator", "shopstr")
"""Who uses JetStream: the workers, the edge, the deploy tool, who tends the dead letters, and Shopstr's other services.
Each but the deploy tool has an account of its own (`bus.tables.accounts`)."""

SEC_IDENTITIES: tuple[str, ...] = ("sec-node-manager", "sec-edge", "sec-notifier")
"""Account SEC, which has none, so that nothing sent there can ever be stored (law 6)."""

SYS_IDENTITIES: tuple[str, ...] = ("metrics",)
"""Account SYS, the server's own: who may read its state, and nothing else."""

ALL_IDENTITIES: tuple[str, ...] = (*APP_IDENTITIES, *SEC_IDENTITIES, *SYS_IDENTITIES)
