"""BIP 353 names: reading, checking, and the DNS names and TXT strings they become.

A `Name` in hand is always lower-case ASCII, fits the BOLT 12 alphabet `0-9a-z-_.` and fits DNS. User text never reaches
a DNS library: everything here works on checked ASCII, because libraries fold Unicode (`ſ` silently becomes `s`).
Resolving is generous in case and prefix; registering is strict, since a name that can be misread is a way to steal.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from schemas.reserved_names import BRANDS, RESERVED

BITCOIN_SIGN = "₿"
MAX_NAME_BYTES = 231
"""User and domain together, so that the owner name with its fixed middle stays a presentable DNS name (BIP 353)."""
MAX_WIRE_BYTES = 255
MAX_LABEL_BYTES = 63
MAX_USERNAME = 64
TXT_STRING_BYTES = 255

_MIDDLE = ("user", "_bitcoin-payment")
_RESOLVABLE = re.compile(r"[0-9a-z._-]*")
_PUNCTUATION = re.compile(r"[._-]")
_DOUBLE_PUNCTUATION = re.compile(r"[._-]{2}")


class NameRule(Enum):
    """The rules of names; the value is what a person is told."""

    NO_AT = "write it as user@domain, with exactly one @"
    NON_ASCII = "only unaccented Latin letters, digits, dot, hyphen and underscore may be used"
    CHARACTER = "only letters, digits, dot, hyphen and underscore may be used"
    UPPER_CASE = "use lower-case letters only"
    EMPTY = "it is empty"
    EMPTY_LABEL = "it has an empty part: a dot may not come first, last or next to another dot"
    LABEL_TOO_LONG = f"a part between dots may have at most {MAX_LABEL_BYTES} characters"
    TOO_LONG = f"user and domain together may have at most {MAX_NAME_BYTES} characters"
    TOO_LONG_FOR_DNS = f"its DNS name would have more than {MAX_WIRE_BYTES} bytes"
    USERNAME_TOO_LONG = f"a username may have at most {MAX_USERNAME} characters"
    EDGE_PUNCTUATION = "it may not begin or end with punctuation"
    DOUBLE_PUNCTUATION = "two punctuation marks may not stand next to each other"
    RESERVED = "the word is reserved"
    CONFUSABLE = "it reads like a reserved word"


_CODES = {NameRule.RESERVED: "username-reserved", NameRule.CONFUSABLE: "username-confusable"}


@dataclass(frozen=True, slots=True)
class NameProblem:
    """Why a name or username was refused: the first rule it breaks."""

    rule: NameRule

    @property
    def code(self) -> str:
        """Its row in `schemas.problems`."""
        return _CODES.get(self.rule, "username-invalid")

    @property
    def detail(self) -> str:
        """The rule, for a person to read. Never contains the refused text."""
        return self.rule.value


UsernameProblem = NameProblem


@dataclass(frozen=True, slots=True)
class Name:
    """`user@domain`, checked and lower-case. Make one with `parse_name`."""

    user: str
    domain: str

    @property
    def text(self) -> str:
        """`alice@shop.test`: how it is stored and compared."""
        return f"{self.user}@{self.domain}"

    @property
    def display(self) -> str:
        """`₿alice@shop.test`: how it is shown and copied (BIP 353)."""
        return f"{BITCOIN_SIGN}{self.user}@{self.domain}"

    @property
    def owner_name(self) -> str:
        """The absolute DNS name of its TXT record, with the final dot."""
        return ".".join((self.user, *_MIDDLE, self.domain, ""))


def parse_name(text: str) -> Name | NameProblem:
    """The name a payer means by `text`, in any case and with or without a leading ₿ (BIP 353)."""
    plain = text.removeprefix(BITCOIN_SIGN)
    if not plain.isascii():
        return NameProblem(NameRule.NON_ASCII)
    user, at, domain = plain.lower().partition("@")
    if not at or "@" in domain:
        return NameProblem(NameRule.NO_AT)
    return _part_problem(user) or _part_problem(domain) or _length_problem(user, domain) or Name(user, domain)


def check_username(text: str) -> UsernameProblem | None:
    """Whether `text` may be registered as the user part of a name: None, or the first rule it breaks."""
    if not text.isascii():
        return NameProblem(NameRule.NON_ASCII)
    if text != text.lower():
        return NameProblem(NameRule.UPPER_CASE)
    if problem := _part_problem(text):
        return problem
    if rule := _taste_rule(text) or _reserved_rule(text):
        return NameProblem(rule)
    return None


def register_name(username: str, domain: str) -> Name | NameProblem:
    """The name `username` would have in `domain`, if it may be registered there and fits DNS."""
    return check_username(username) or parse_name(f"{username}@{domain}")


def name_key(name: Name) -> str:
    """The KV key of a name, `alice=shop.test`: its own alphabet holds no `=`, so two names never share a key."""
    return f"{name.user}={name.domain}"


def name_of_key(key: str) -> Name:
    """The name behind a key of `name_key`. Raises ValueError for any other text."""
    parsed = parse_name(key.replace("=", "@", 1))
    if isinstance(parsed, NameProblem) or name_key(parsed) != key:
        raise ValueError("not a name's key")
    return parsed


def owner_labels(name: Name) -> tuple[bytes, ...]:
    """The labels of `owner_name`, ending with the empty root label, for building a DNS name without parsing text."""
    return tuple(label.encode("ascii") for label in name.owner_name.split("."))


# --- TXT ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoPaymentTxt:
    """No TXT record at the name begins with `bitcoin:`."""

    code = "name-unknown"
    detail = "no TXT record at the name begins with bitcoin:"


@dataclass(frozen=True, slots=True)
class SeveralPaymentTxt:
    """More than one TXT record begins with `bitcoin:`; BIP 353 says to use none of them."""

    count: int

    code = "name-ambiguous"

    @property
    def detail(self) -> str:
        """How many there are."""
        return f"{self.count} TXT records at the name begin with bitcoin:, so none may be used"


TxtProblem = NoPaymentTxt | SeveralPaymentTxt


def txt_chunks(uri: str) -> tuple[bytes, ...]:
    """`uri` as the character-strings of one TXT record, each at most 255 bytes. Raises ValueError if not ASCII."""
    data = uri.encode("ascii")
    return tuple(data[start : start + TXT_STRING_BYTES] for start in range(0, len(data), TXT_STRING_BYTES)) or (b"",)


def join_txt(strings: Iterable[bytes]) -> bytes:
    """The payload of ONE TXT record: its character-strings in order, with nothing between them (BIP 353)."""
    return b"".join(strings)


def is_payment_txt(data: bytes) -> bool:
    """Whether a record's joined payload is a payment instruction: `bitcoin:` in any case (BIP 353)."""
    return data[:8].lower() == b"bitcoin:"


def pick_payment_txt(records: Iterable[bytes]) -> bytes | TxtProblem:
    """The one payment instruction among the joined payloads of a name's TXT records, or why there is none to use."""
    found = [data for data in records if is_payment_txt(data)]
    if not found:
        return NoPaymentTxt()
    return found[0] if len(found) == 1 else SeveralPaymentTxt(len(found))


# --- the rules ----------------------------------------------------------------------------------------------------


def _part_problem(part: str) -> NameProblem | None:
    """Rules for either side of the @; `part` is lower-case ASCII."""
    if not part:
        return NameProblem(NameRule.EMPTY)
    if not _RESOLVABLE.fullmatch(part):
        return NameProblem(NameRule.CHARACTER)
    labels = part.split(".")
    if "" in labels:
        return NameProblem(NameRule.EMPTY_LABEL)
    if max(map(len, labels)) > MAX_LABEL_BYTES:
        return NameProblem(NameRule.LABEL_TOO_LONG)
    return None


def _length_problem(user: str, domain: str) -> NameProblem | None:
    if len(user) + len(domain) > MAX_NAME_BYTES:
        return NameProblem(NameRule.TOO_LONG)
    # On the wire each dot is a length byte, plus one for the first label; the final dot is the root's zero byte.
    if len(Name(user, domain).owner_name) + 1 > MAX_WIRE_BYTES:
        return NameProblem(NameRule.TOO_LONG_FOR_DNS)
    return None


def _taste_rule(text: str) -> NameRule | None:
    if len(text) > MAX_USERNAME:
        return NameRule.USERNAME_TOO_LONG
    if _PUNCTUATION.match(text[0]) or _PUNCTUATION.match(text[-1]):
        return NameRule.EDGE_PUNCTUATION
    if _DOUBLE_PUNCTUATION.search(text):
        return NameRule.DOUBLE_PUNCTUATION
    return None


def _reserved_rule(text: str) -> NameRule | None:
    if text in RESERVED or any(brand in text for brand in BRANDS):
        return NameRule.RESERVED
    if any(_reads_reserved(skeleton) for skeleton in skeletons(text)):
        return NameRule.CONFUSABLE
    return None


def _reads_reserved(skeleton: str) -> bool:
    return skeleton in _RESERVED_SKELETONS or any(brand in skeleton for brand in _BRAND_SKELETONS)


_LOOKS_LIKE = str.maketrans("0345789", "oeastbg", "._-")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def skeletons(text: str) -> frozenset[str]:
    """What `text` can be read as: punctuation gone, digits and pairs turned into the letters they look like.

    `1` looks like `l` and like `i`, which do not look like each other, so there are two readings.
    """
    plain = text.translate(_LOOKS_LIKE)
    return frozenset(_join_pairs(plain.replace("1", letter)) for letter in "li")


def _join_pairs(text: str) -> str:
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text


_RESERVED_SKELETONS = frozenset(skeleton for word in RESERVED for skeleton in skeletons(word))
_BRAND_SKELETONS = frozenset(skeleton for word in BRANDS for skeleton in skeletons(word))
