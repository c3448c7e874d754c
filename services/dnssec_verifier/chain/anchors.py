"""Root trust anchors: IANA's two, or a file's, checked before anything is trusted to them.

A file holds one DS a line, `. [ttl] [IN] DS tag algorithm digest-type hex`; `#` and `;` begin a comment.
"""

import re
from pathlib import Path

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DS import DS

KSK_2017 = "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
KSK_2024 = "38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16"
_LINE = re.compile(r"\. (?:[0-9]+ )?(?:IN )?DS ([0-9]+ [0-9]+ [0-9]+ [0-9A-F ]+)", re.IGNORECASE)
_DIGEST_BYTES = {1: 20, 2: 32, 4: 48}


class AnchorError(ValueError):
    """The trust anchors cannot be used; the text says which line and why."""


def load(path: str) -> tuple[DS, ...]:
    """The anchors of the file at `path`, or the built-in ones if it is empty; raises AnchorError."""
    if not path:
        return parse("\n".join(f". DS {anchor}" for anchor in (KSK_2017, KSK_2024)))
    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorError(f"the trust anchors cannot be read: {type(error).__name__}") from error
    return parse(text)


def parse(text: str) -> tuple[DS, ...]:
    """The anchors in `text`; raises AnchorError if there is none or one is not a usable DS of the root."""
    lines = (line.split("#")[0].split(";")[0].split() for line in text.splitlines())
    anchors = tuple(_anchor(words) for words in lines if words)
    if not anchors:
        raise AnchorError("there is no trust anchor")
    return anchors


def _anchor(words: list[str]) -> DS:
    line = " ".join(words)
    match = _LINE.fullmatch(line)
    if match is None:
        raise AnchorError(f"not a DS of the root: {line}")
    try:
        rdata = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DS, match[1])
    except (dns.exception.DNSException, ValueError) as error:
        raise AnchorError(f"not a DS: {line}") from error
    if not isinstance(rdata, DS) or _DIGEST_BYTES.get(rdata.digest_type) != len(rdata.digest):
        raise AnchorError(f"digest of the wrong length: {line}")
    return rdata
