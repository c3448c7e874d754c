"""Signing secrets: derived from one master key for each webhook and version, so that none is ever stored (law 6)."""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bus.buckets.kv import Bucket
from bus.secrets.key_file import KEY_BYTES, read_key_file
from schemas.base import Wire
from schemas.ids import Owner
from schemas.settings import SettingError, Settings
from schemas.webhooks import Webhook

SETTING = "MESH_WEBHOOK_KEY_FILE"
CHECK_KEY = "key-check"
"""A key in the bucket `webhooks` that is no owner's."""


class KeyCheck(Wire, frozen=True, kw_only=True):
    """What only the right master key derives; it signs nothing."""

    check: str


class Secrets:
    """All secrets there can be. `repr` shows nothing."""

    __slots__ = ("_master",)

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key is not {KEY_BYTES} bytes")
        self._master = master

    def __repr__(self) -> str:
        return "Secrets(<confidential>)"

    def of(self, owner: Owner, webhook_id: str, version: int) -> str:
        """The secret of a webhook as its owner configures it: `whsec_` and 32 bytes in base64."""
        return "whsec_" + self._derived(f"webhook/{owner}/{webhook_id}/{version}")

    def signing(self, owner: Owner, hook: Webhook, now: float) -> tuple[str, ...]:
        """The secrets that sign at `now` (unix seconds): the current one, and during a rotation the one before it."""
        overlap = hook.previous_until is not None and now < hook.previous_until
        versions = (hook.secret_version, hook.secret_version - 1) if overlap else (hook.secret_version,)
        return tuple(self.of(owner, hook.id, version) for version in versions)

    async def prove(self, bucket: Bucket[KeyCheck]) -> None:
        """Return if this is the master key in use (or the first ever); SettingError for any other."""
        ours = KeyCheck(check=self._derived("check"))
        if await bucket.create(CHECK_KEY, ours) is not None:
            return
        entry = await bucket.get(CHECK_KEY)
        if entry is None or entry.value != ours:
            raise SettingError(SETTING, "this is not the key that the webhooks' secrets were derived from")

    def _derived(self, info: str) -> str:
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"shopstr/{info}".encode()).derive(self._master)
        return base64.b64encode(key).decode()


def secrets_of(settings: Settings) -> Secrets | None:
    """The secrets of this mesh, or None where no key file is set: then there are no webhooks. SettingError."""
    return Secrets(read_key_file(settings.webhook_key_file, SETTING, "webhooks")) if settings.webhook_key_file else None
