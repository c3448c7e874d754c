"""A 32-byte key in a file: read, never made, never printed (law 6).

A missing or unusable file stops the process before it touches anything; the text names the setting, not the content.
"""

import base64
import binascii
from pathlib import Path

from schemas.settings import SettingError

KEY_BYTES = 32


def read_key_file(path: str, setting: str, need: str) -> bytes:
    """The key in the file `path` (base64 of 32 bytes); raises SettingError naming `setting` and the rule.

    `need` is what the key is for, said when no path is given.
    """
    if not path:
        raise SettingError(setting, f"must name a file with a {KEY_BYTES}-byte key in base64; {need} need it")
    try:
        text = Path(path).read_bytes().strip()
    except OSError as error:
        raise SettingError(setting, f"the file cannot be read ({error.strerror})") from None
    return decode_key(text, setting)


def decode_key(text: bytes, setting: str) -> bytes:
    """The 32 bytes that `text` holds in base64; raises SettingError naming `setting` and the rule."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SettingError(setting, "the file does not hold base64") from None
    if len(key) != KEY_BYTES:
        raise SettingError(setting, f"the file must hold exactly {KEY_BYTES} bytes in base64")
    return key
