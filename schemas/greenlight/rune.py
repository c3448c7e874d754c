"""Runes: bearer tokens that anybody may narrow and nobody can widen (Core Lightning runes, as Greenlight mints them).

The text is base64url, padded, of authcode (32 bytes) and the restrictions joined by `&`; a restriction is alternatives
joined by `|`. Every restriction goes into the hash as a message of its own, so that the authcode is a SHA-256 state
that can be continued. A rune is a secret: its `repr` shows restrictions only.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.greenlight import sha256

UNIQUE_ID: Final = "0-gl0"
"""Id and version of every rune a Greenlight signer mints."""

AUTHCODE_BYTES: Final = 32
_MAX_TEXT: Final = 16_384


class RuneError(ValueError):
    """The text is not a rune. Says what is wrong, never the text."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """`name` compared to `value` by `condition`, one of the characters of the conditions table."""

    name: str
    condition: str
    value: str


@dataclass(frozen=True, slots=True)
class Rune:
    """An authcode over `restrictions` (their text, escaped as on the wire; the first is the unique id)."""

    authcode: bytes = field(repr=False)
    restrictions: tuple[str, ...]

    @property
    def text(self) -> str:
        """The rune as it travels."""
        return base64.urlsafe_b64encode(self.authcode + "&".join(self.restrictions).encode()).decode()

    def restrict(self, *more: str) -> "Rune":
        """This rune narrowed by restriction texts, which each are checked first (RuneError)."""
        authcode, fed = self.authcode, _fed(self.restrictions)
        for restriction in more:
            if not parse_restriction(restriction) or len(_split(restriction, "&")) != 1:
                raise RuneError("a restriction must be one restriction")
            authcode, fed = sha256.continued(authcode, fed, restriction.encode())
        return Rune(authcode, (*self.restrictions, *more))

    def is_authentic(self, master_secret: bytes) -> bool:
        """Whether this rune descends from the 32-byte `master_secret`."""
        return hmac.compare_digest(_from_secret(master_secret, self.restrictions).authcode, self.authcode)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Every restriction holds."""


@dataclass(frozen=True, slots=True)
class Denied:
    """`restriction` does not hold."""

    restriction: str


def mint(master_secret: bytes, device_pubkey: bytes, restrictions: Iterable[str] = ()) -> Rune:
    """A fresh rune for a device (65 bytes, uncompressed P-256), narrowed by `restrictions`."""
    if len(device_pubkey) != 65 or device_pubkey[0] != 4:
        raise ValueError("a device key is 65 bytes, uncompressed")
    first = _from_secret(master_secret, (f"={UNIQUE_ID}", f"pubkey={device_pubkey.hex()}"))
    return first.restrict(*restrictions)


def decode(text: str) -> Rune:
    """The rune of `text`; raises RuneError. Says nothing of who minted it."""
    if len(text) > _MAX_TEXT:
        raise RuneError("too long")
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        body = raw[AUTHCODE_BYTES:].decode()
    except (binascii.Error, UnicodeError):
        raise RuneError("not base64url of an authcode and text") from None
    if len(raw) <= AUTHCODE_BYTES:
        raise RuneError("too short")
    rune = Rune(raw[:AUTHCODE_BYTES], tuple(_split(body, "&")))
    for restriction in rune.restrictions:
        parse_restriction(restriction)
    return rune


def evaluate(rune: Rune, values: Mapping[str, str]) -> Allowed | Denied:
    """Whether `values` (method in lower case, pubkey hex, time in unix seconds …) satisfy every restriction.

    The unique id satisfies itself; a field that is not among the values counts as empty.
    """
    known = {"": rune.restrictions[0].removeprefix("="), **values}
    for restriction in rune.restrictions:
        if not any(_holds(alternative, known) for alternative in parse_restriction(restriction)):
            return Denied(restriction)
    return Allowed()


def parse_restriction(text: str) -> tuple[Alternative, ...]:
    """The alternatives of one restriction; raises RuneError."""
    return tuple(_alternative(part) for part in _split(text, "|"))


def method_restriction(methods: Iterable[str]) -> str:
    """The restriction to `methods`: lower-case RPC names, e.g. `method=getinfo|method=offer`."""
    return "|".join(f"method={escape(method.lower())}" for method in methods)


def allowed_methods(rune: Rune) -> frozenset[str] | None:
    """The methods that restrictions made of nothing but `method=` limit `rune` to; None when it is not limited."""
    allowed: frozenset[str] | None = None
    for restriction in rune.restrictions:
        alternatives = parse_restriction(restriction)
        if all(a.name == "method" and a.condition == "=" for a in alternatives):
            named = frozenset(a.value for a in alternatives)
            allowed = named if allowed is None else allowed & named
    return allowed


def device_of(rune: Rune) -> str | None:
    """The one device key (hex) that `rune` is bound to by a `pubkey=` restriction without alternatives; else None."""
    parsed = [parse_restriction(restriction) for restriction in rune.restrictions]
    bound = {p[0].value for p in parsed if len(p) == 1 and (p[0].name, p[0].condition) == ("pubkey", "=")}
    return bound.pop() if len(bound) == 1 else None


def escape(value: str) -> str:
    """`value` as it may stand in a restriction."""
    return re.sub(r"([\\|&])", r"\\\1", value)


def _integers(compare: Callable[[int, int], bool]) -> Callable[[str, str], bool]:
    def holds(actual: str, wanted: str) -> bool:
        whole = re.compile(r"-?[0-9]{1,20}")
        if not (whole.fullmatch(actual) and whole.fullmatch(wanted)):
            return False
        return compare(int(actual), int(wanted))

    return holds


_CONDITIONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": lambda actual, wanted: actual == wanted,
    "/": lambda actual, wanted: actual != wanted,
    "^": str.startswith,
    "$": str.endswith,
    "~": lambda actual, wanted: wanted in actual,
    "<": _integers(lambda actual, wanted: actual < wanted),
    ">": _integers(lambda actual, wanted: actual > wanted),
    "{": lambda actual, wanted: actual < wanted,
    "}": lambda actual, wanted: actual > wanted,
    "#": lambda _actual, _wanted: True,
}
_ALTERNATIVE: Final = re.compile(r"([^!=/^$~<>{}#]*)([!=/^$~<>{}#])(.*)", re.DOTALL)


def _holds(alternative: Alternative, values: Mapping[str, str]) -> bool:
    if alternative.condition == "!":
        return alternative.name not in values
    return _CONDITIONS[alternative.condition](values.get(alternative.name, ""), alternative.value)


def _alternative(text: str) -> Alternative:
    match = _ALTERNATIVE.fullmatch(text)
    if match is None:
        raise RuneError("a restriction has no condition")
    return Alternative(match[1], match[2], re.sub(r"\\(.)", r"\1", match[3], flags=re.DOTALL))


def _split(text: str, separator: str) -> list[str]:
    """`text` at every `separator` that no backslash escapes."""
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == separator:
            parts.append(text[start:position])
            start = position + 1
        position += 2 if text[position] == "\\" else 1
    return [*parts, text[start:]]


def _fed(restrictions: Iterable[str]) -> int:
    total = sha256.BLOCK
    for restriction in restrictions:
        total += len(restriction.encode()) + 9
        total += -total % sha256.BLOCK
    return total


def _from_secret(master_secret: bytes, restrictions: tuple[str, ...]) -> Rune:
    authcode, fed = hashlib.sha256(master_secret).digest(), sha256.BLOCK
    for restriction in restrictions:
        authcode, fed = sha256.continued(authcode, fed, restriction.encode())
    return Rune(authcode, restrictions)
