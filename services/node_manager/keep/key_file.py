"""The key that seals credentials: read from a file, never made, never printed (law 6).

A missing or unusable file stops the process before it touches anything; the text names the setting, not the content.
"""

import base64
import binascii
from pathlib import Path

from schemas.settings import SettingError
from services.node_manager.keep.envelope import KEY_BYTES, SealingSecret

_SETTING = "MESH_CREDENTIALS_KEY_FILE"


def read_key(path: str) -> SealingSecret:
    """The key in the file `path` (base64 of 32 bytes); raises SettingError naming the setting and the rule."""
    if not path:
        raise SettingError(_SETTING, "must name a file with a 32-byte key in base64; node credentials need it")
    try:
        text = Path(path).read_bytes().strip()
    except OSError as error:
        raise SettingError(_SETTING, f"the file cannot be read ({error.strerror})") from None
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SettingError(_SETTING, "the file does not hold base64") from None
    if len(key) != KEY_BYTES:
        raise SettingError(_SETTING, f"the file must hold exactly {KEY_BYTES} bytes in base64")
    return SealingSecret(key)
