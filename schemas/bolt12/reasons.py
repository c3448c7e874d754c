"""Every reason to refuse a BOLT 12 message, as one table, and the shape in which a refusal is handed on."""

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """When a rule is judged: a message that breaks structure has no meaning yet, and policy is only ours."""

    STRUCTURE = "structure"
    SEMANTICS = "semantics"
    POLICY = "policy"
    WRITING = "writing"


class Reason(Enum):
    """One member per rule: its stage, and the rule in words."""

    # the text
    CHARACTER = Stage.STRUCTURE, "a character is not part of the bech32 alphabet"
    MIXED_CASE = Stage.STRUCTURE, "upper and lower case are mixed"
    JOIN = Stage.STRUCTURE, "a + must stand between two characters, with white space only after it"
    PREFIX = Stage.STRUCTURE, "the text does not begin with the right prefix"
    EMPTY = Stage.STRUCTURE, "there is nothing after the prefix"
    PADDING_LENGTH = Stage.STRUCTURE, "more than four bits are left over at the end"
    PADDING_BITS = Stage.STRUCTURE, "the left-over bits at the end are not zero"
    # the stream
    TRUNCATED_TYPE = Stage.STRUCTURE, "the data ends inside a field's type"
    TRUNCATED_LENGTH = Stage.STRUCTURE, "the data ends inside a field's length"
    TRUNCATED_VALUE = Stage.STRUCTURE, "the data ends inside a field's value"
    BIGSIZE = Stage.STRUCTURE, "a type or length is not in its shortest form"
    ORDER = Stage.STRUCTURE, "fields are not in rising order"
    DUPLICATE = Stage.STRUCTURE, "a field is there twice"
    TYPE_RANGE = Stage.STRUCTURE, "a field's type is outside the ranges of this message"
    UNKNOWN_EVEN = Stage.STRUCTURE, "a field that must be understood is unknown"
    # single fields
    INTEGER_LENGTH = Stage.STRUCTURE, "a number has more than eight bytes"
    INTEGER_ZEROS = Stage.STRUCTURE, "a number begins with a zero byte"
    UTF8 = Stage.STRUCTURE, "a text field is not UTF-8"
    CURRENCY = Stage.STRUCTURE, "the currency is not three capital letters (ISO 4217)"
    CHAINS_LENGTH = Stage.STRUCTURE, "the chains are not 32 bytes each"
    CHAINS_EMPTY = Stage.STRUCTURE, "the list of chains is empty"
    POINT_LENGTH = Stage.STRUCTURE, "a public key is not 33 bytes"
    ISSUER_ID = Stage.STRUCTURE, "the issuer's key is not a point on the curve"
    PATHS_EMPTY = Stage.STRUCTURE, "the list of blinded paths is empty"
    PATH_TRUNCATED = Stage.STRUCTURE, "a blinded path ends too early"
    PATH_WITHOUT_HOPS = Stage.STRUCTURE, "a blinded path has no hops"
    PATH_FIRST_NODE = Stage.STRUCTURE, "a blinded path's first node is not a point on the curve"
    PATH_KEY = Stage.STRUCTURE, "a blinded path's key is not a point on the curve"
    PATH_HOP = Stage.STRUCTURE, "a blinded path's hop is not a point on the curve"
    # what the fields mean together
    FEATURE = Stage.SEMANTICS, "a feature that must be understood is unknown"
    AMOUNT_ZERO = Stage.SEMANTICS, "the amount is zero"
    AMOUNT_TOO_LARGE = Stage.SEMANTICS, "the amount is more than all bitcoin there will be"
    AMOUNT_WITHOUT_DESCRIPTION = Stage.SEMANTICS, "there is an amount but no description"
    CURRENCY_WITHOUT_AMOUNT = Stage.SEMANTICS, "there is a currency but no amount"
    ISSUER_MISSING = Stage.SEMANTICS, "there is neither an issuer's key nor a blinded path"
    # ours
    WRONG_CHAIN = Stage.POLICY, "the offer is for another chain"
    EXPIRED = Stage.POLICY, "the offer has expired"
    EXPIRES_TOO_SOON = Stage.POLICY, "the offer expires too soon"
    WITHOUT_PATH = Stage.POLICY, "the offer has no blinded path"
    # what a careful writer does not write, though readers accept it
    CHAINS_NEEDLESS = Stage.WRITING, "bitcoin alone is meant by leaving the chains out"
    QUANTITY_NEEDLESS = Stage.WRITING, "a single item is meant by leaving the quantity out"
    FEATURES_PADDED = Stage.WRITING, "the features begin with a zero byte"
    UNKNOWN_IS_KNOWN = Stage.WRITING, "a field with a meaning of its own was given as an unknown one"
    INTEGER_RANGE = Stage.WRITING, "a number does not fit 64 bits"
    PATH_SHAPE = Stage.WRITING, "a blinded path's keys or hops do not have the sizes they need"

    def __init__(self, stage: Stage, words: str) -> None:
        self.stage = stage
        self.words = words


_CODES = {
    Reason.WRONG_CHAIN: "offer-wrong-chain",
    Reason.EXPIRED: "offer-expires-too-soon",
    Reason.EXPIRES_TOO_SOON: "offer-expires-too-soon",
    Reason.WITHOUT_PATH: "offer-without-path",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The rule a message breaks. `tlv` is the type of the field it was found in, where one field is to blame."""

    reason: Reason
    tlv: int | None = None

    @property
    def code(self) -> str:
        """Its row in `schemas.problems`."""
        return _CODES.get(self.reason, "offer-invalid")

    @property
    def detail(self) -> str:
        """The rule in words, with the field's type."""
        return self.reason.words if self.tlv is None else f"{self.reason.words} (field {self.tlv})"


class Refused(Exception):
    """Carries a Reason out of the readers of this package; never leaves it."""

    def __init__(self, reason: Reason, tlv: int | None = None) -> None:
        super().__init__(reason.words)
        self.reason = reason
        self.tlv = tlv
