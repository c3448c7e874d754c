"""Is this the key that sealed what is stored? Asked once at start, before anything is opened or written.

The bucket `nodes` holds one value sealed with the right key. A process with another key refuses to start and overwrites
nothing; the very first process writes the value.
"""

from bus.kv import Bucket
from schemas.base import Wire
from schemas.settings import SettingError
from services.node_manager.keep.envelope import EnvelopeRefused, SealingSecret

CHECK_KEY = "credentials-check"
"""One token, so it is never mistaken for `<owner>.<node id>`."""

_PLAIN = b"shopstr credentials key"


class KeyCheck(Wire, frozen=True, kw_only=True):
    """The stored value: `sealed` is an envelope that only the right key opens."""

    sealed: str


async def prove_key(bucket: Bucket[KeyCheck], secret: SealingSecret) -> None:
    """Return if `secret` is the key in use (or the first ever); raises SettingError for any other."""
    entry = await bucket.get(CHECK_KEY)
    if entry is None:
        if await bucket.create(CHECK_KEY, KeyCheck(sealed=secret.seal(_PLAIN, "check"))) is not None:
            return
        entry = await bucket.get(CHECK_KEY)  # a replica started at the same moment
    try:
        opened = secret.open(entry.value.sealed, "check") if entry else b""
    except EnvelopeRefused:
        opened = b""
    if opened != _PLAIN:
        raise SettingError(
            "MESH_CREDENTIALS_KEY_FILE",
            "this is not the key that sealed the stored node credentials; nothing was changed",
        )
