"""The key that seals credentials, from the file that the settings name."""

from bus.key_file import read_key_file
from services.node_manager.keep.envelope import SealingSecret


def read_key(path: str) -> SealingSecret:
    """The key in the file `path` (base64 of 32 bytes); raises SettingError naming the setting and the rule."""
    return SealingSecret(read_key_file(path, "MESH_CREDENTIALS_KEY_FILE", "node credentials"))
