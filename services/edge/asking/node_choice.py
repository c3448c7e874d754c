"""Which of the caller's nodes a change is about, looked up the first time it is asked for: a repetition is the same
operation, whatever has become of their nodes since."""

from dataclasses import dataclass

from schemas.ids import Owner
from services.edge.context import Edge
from services.edge.routes.usernames import staying_node_of


@dataclass(slots=True)
class NodeChoice:
    """The node that `owner` wants (None: their only one): `node_id`, once it was looked up."""

    edge: Edge
    owner: Owner
    wanted: str | None
    node_id: str = ""

    async def look_up(self) -> None:
        """Refusal `node-unknown`, `node-leaving`, or `invalid-body` where there are several to choose from."""
        self.node_id = await staying_node_of(self.edge, self.owner, self.wanted)
