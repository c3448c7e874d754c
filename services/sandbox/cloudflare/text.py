"""TXT content as Cloudflare takes and gives it: quoted strings or bare text, in whatever chunks.

Guarantees: content that means the same bytes compares equal, however it was quoted or cut.
"""

import enum
import re

MAX_STRING = 255
REGROUPED = 100
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*')
ESCAPE = re.compile(r"\\(\d{3}|.)")


class ContentForm(enum.Enum):
    """How the API gives TXT content back."""

    QUOTED = "quoted"
    UNQUOTED = "unquoted"
    RECHUNKED = "rechunked"
    AS_SENT = "as-sent"


def strings(content: str) -> list[bytes]:
    """The character-strings that `content` means, each at most 255 bytes; raises ValueError."""
    texts = _quoted(content) if content.startswith('"') else [_bare(content)]
    whole = [text.encode("latin-1") for text in texts]
    return [piece for string in whole for piece in chunks(string, MAX_STRING)]


def chunks(data: bytes, size: int) -> list[bytes]:
    """`data` cut into pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def _quoted(content: str) -> list[str]:
    texts, position = [], 0
    while position < len(content):
        match = QUOTED.match(content, position)
        if match is None:
            raise ValueError("quotes do not balance")
        texts.append(ESCAPE.sub(_unescape, match[1]))
        position = match.end()
    return texts


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 1:
        return code
    if int(code) > 255:
        raise ValueError("an escape is no byte")
    return chr(int(code))


def _bare(content: str) -> str:
    if not content or content != content.strip() or '"' in content or not content.isascii():
        raise ValueError("empty, padded or half-quoted text")
    return content


def shown(content: str, form: ContentForm) -> str:
    """Valid TXT `content` in the form in which the API gives it back."""
    match form:
        case ContentForm.AS_SENT:
            return content
        case ContentForm.UNQUOTED:
            return b"".join(strings(content)).decode("latin-1")
        case ContentForm.QUOTED:
            return _join(strings(content))
        case ContentForm.RECHUNKED:
            return _join(chunks(b"".join(strings(content)), REGROUPED))


def _join(pieces: list[bytes]) -> str:
    return " ".join(f'"{quote(piece)}"' for piece in pieces)


def quote(piece: bytes) -> str:
    """One character-string in zone-file form, without its outer quotes."""
    return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in piece)
