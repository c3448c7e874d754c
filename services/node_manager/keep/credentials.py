"""What lets us speak to one node: device certificate chain, device key, rune. Sealed for its node and its owner."""

from typing import Literal

import msgspec

from schemas.ids import Owner
from services.node_manager.keep.envelope import EnvelopeRefused, Sealer

How = Literal["registered", "recovered", "paired", "self-hosted"]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """`certificate` is a PEM chain, leaf first; `key` PKCS#8 PEM; `rune` text. `repr` shows nothing.

    A self-hosted node has no rune but a `uri` of its own, and a `ca` (PEM) that its certificate chains to. Greenlight
    posts to `hook_url` what happens to the node, signed with `hook_secret` (empty: it was not asked to).
    """

    certificate: str
    key: str
    rune: str
    how: How
    uri: str = ""
    ca: str = ""
    hook_url: str = ""
    hook_secret: str = ""

    @property
    def is_self_hosted(self) -> bool:
        """Whether the node is its owner's to run, at an address that stays."""
        return bool(self.uri)

    def __repr__(self) -> str:
        return "Credentials(<confidential>)"


async def seal_credentials(sealer: Sealer, owner: Owner, node_id: str, credentials: Credentials) -> str:
    """`credentials` as an envelope that opens only for this owner and node; raises KeyUnavailable."""
    return await sealer.seal(msgspec.json.encode(credentials), "credentials", owner, node_id)


async def open_credentials(sealer: Sealer, owner: Owner, node_id: str, envelope: str) -> Credentials:
    """The credentials in `envelope`; raises EnvelopeRefused, KeyUnavailable."""
    plain = await sealer.open(envelope, "credentials", owner, node_id)
    try:
        return msgspec.json.decode(plain, type=Credentials)
    except msgspec.MsgspecError:
        raise EnvelopeRefused("the envelope does not hold credentials") from None
