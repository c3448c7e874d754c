"""TXT content as Cloudflare writes it: quoted strings side by side, or bare text; compared as bytes, never as text.

The API may give back another quoting or chunking than it was sent, so both directions go through bytes (RFC 1035 §5.1).
"""

import re

from schemas.names import join_txt, txt_chunks

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)


def quoted(uri: str) -> str:
    """`uri` as `"chunk" "chunk"`, each chunk at most 255 bytes; ValueError if it is not printable ASCII."""
    if not uri.isascii() or not uri.isprintable():
        raise ValueError("a payment URI is printable ASCII")
    return " ".join(f'"{_escape(chunk.decode("ascii"))}"' for chunk in txt_chunks(uri))


def payload(content: str) -> bytes:
    """The joined character-strings that `content` means, quoted or bare."""
    text = content.strip()
    if not text.startswith('"'):
        return _bytes(text)
    return join_txt(_bytes(_unescape(part)) for part in _STRING.findall(text))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _octet(match[1]), text)


def _octet(code: str) -> str:
    return chr(int(code)) if len(code) == 3 and int(code) < 256 else code


def _bytes(text: str) -> bytes:
    """Latin-1 where an escape made an octet; anything beyond is not ours and only has to differ."""
    return text.encode("latin-1", "replace")
