"""What this process seals and opens with, as its settings say."""

from schemas.settings import Settings
from services.node_manager.keep.envelope import Sealer
from services.node_manager.keep.key_ring import KeyRing
from services.node_manager.keep.kms import KmsCommand


def sealer_of(settings: Settings) -> Sealer:
    """The KMS if there is one, and the key file, which then only opens what it sealed before; raises SettingError."""
    if not settings.credentials_kms_command:
        return Sealer(KeyRing(settings.credentials_key_file))
    kms = KmsCommand(settings.credentials_kms_command, settings.credentials_kms_key)
    return Sealer(kms, KeyRing(settings.credentials_key_file)) if settings.credentials_key_file else Sealer(kms)
