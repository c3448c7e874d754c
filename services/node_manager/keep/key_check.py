"""Is this the key that sealed what is stored? Asked once at start, before anything is opened or written.

The bucket `nodes` holds one value sealed with the right key. A process with another key refuses to start and overwrites
nothing; the very first process writes the value. It is the last to be sealed anew when the key is replaced.
"""

from bus.buckets.kv import Bucket
from schemas.base import Wire
from schemas.settings import SettingError
from services.node_manager.keep.envelope import EnvelopeRefused, KeyUnavailable, Sealer

CHECK_KEY = "credentials-check"
"""One token, so it is never mistaken for `<owner>.<node id>`."""

_PLAIN = b"shopstr credentials key"


class KeyCheck(Wire, frozen=True, kw_only=True):
    """The stored value: `sealed` is an envelope that only the right key opens."""

    sealed: str


async def prove_key(bucket: Bucket[KeyCheck], sealer: Sealer) -> None:
    """Return if `sealer` opens what is in use (or is the first ever); raises SettingError for any other key."""
    try:
        entry = await bucket.get(CHECK_KEY)
        if entry is None:
            if await bucket.create(CHECK_KEY, KeyCheck(sealed=await sealer.seal(_PLAIN, "check"))) is not None:
                return
            entry = await bucket.get(CHECK_KEY)  # a replica started at the same moment
        opened = await sealer.open(entry.value.sealed, "check") if entry else b""
    except EnvelopeRefused:
        opened = b""
    except KeyUnavailable as error:
        raise SettingError("MESH_CREDENTIALS_KMS_COMMAND", str(error)) from None
    if opened != _PLAIN:
        raise SettingError(
            sealer.setting, "this is not the key that sealed the stored node credentials; nothing was changed"
        )


async def reseal_check(bucket: Bucket[KeyCheck], sealer: Sealer) -> None:
    """Have the stored value sealed with the current key: from then on a process without it refuses to start."""
    while (entry := await bucket.get(CHECK_KEY)) is not None:
        if await sealer.is_current(entry.value.sealed):
            return
        sealed = await sealer.seal(await sealer.open(entry.value.sealed, "check"), "check")
        await bucket.update(CHECK_KEY, KeyCheck(sealed=sealed), entry.revision)
