"""Every reason to refuse a BOLT 12 message, as one table, and the shape in which a refusal is handed on."""

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """When a rule is judged: a message that breaks structure has no meaning yet, and policy is only ours."""

    STRUCTURE = "structure"
    SEMANTICS = "semantics"
    POLICY = "policy"
    WRITING = "writing"


class Message(Enum):
    """What was judged; the value is the code of a message that breaks a rule, a row in `schemas.problems`."""

    OFFER = "offer-invalid"
    INVOICE_REQUEST = "invoice-request-invalid"
    INVOICE = "invoice-invalid"
    INVOICE_ERROR = "invoice-error-invalid"


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
    INTEGER_LENGTH = Stage.STRUCTURE, "a number has more bytes than its kind of number"
    INTEGER_ZEROS = Stage.STRUCTURE, "a number begins with a zero byte"
    UTF8 = Stage.STRUCTURE, "a text field is not UTF-8"
    CURRENCY = Stage.STRUCTURE, "the currency is not three capital letters (ISO 4217)"
    CHAINS_LENGTH = Stage.STRUCTURE, "the chains are not 32 bytes each"
    CHAINS_EMPTY = Stage.STRUCTURE, "the list of chains is empty"
    POINT_LENGTH = Stage.STRUCTURE, "a public key is not 33 bytes"
    HASH_LENGTH = Stage.STRUCTURE, "a hash is not 32 bytes"
    SIGNATURE_LENGTH = Stage.STRUCTURE, "a signature is not 64 bytes"
    ISSUER_ID = Stage.STRUCTURE, "the issuer's key is not a point on the curve"
    PAYER_ID = Stage.STRUCTURE, "the payer's key is not a point on the curve"
    NODE_ID = Stage.STRUCTURE, "the invoice's key is not a point on the curve"
    BIP_353_SHAPE = Stage.STRUCTURE, "the BIP 353 name is not a user and a domain that fit a DNS name"
    BIP_353_CHARACTER = Stage.STRUCTURE, "the BIP 353 name has a part that is empty or has a forbidden character"
    PATHS_EMPTY = Stage.STRUCTURE, "the list of blinded paths is empty"
    PATH_TRUNCATED = Stage.STRUCTURE, "a blinded path ends too early"
    PATH_WITHOUT_HOPS = Stage.STRUCTURE, "a blinded path has no hops"
    PATH_FIRST_NODE = Stage.STRUCTURE, "a blinded path's first node is not a point on the curve"
    PATH_KEY = Stage.STRUCTURE, "a blinded path's key is not a point on the curve"
    PATH_HOP = Stage.STRUCTURE, "a blinded path's hop is not a point on the curve"
    PAYINFO_TRUNCATED = Stage.STRUCTURE, "the payment data of a blinded path ends too early"
    FALLBACKS_TRUNCATED = Stage.STRUCTURE, "a fallback address ends too early"
    HOP_DATA = Stage.STRUCTURE, "what a hop reads does not have the shape it needs"
    # what the fields mean together
    MISSING = Stage.SEMANTICS, "a field that this message must have is absent"
    FEATURE = Stage.SEMANTICS, "a feature that must be understood is unknown"
    AMOUNT_ZERO = Stage.SEMANTICS, "the amount is zero"
    AMOUNT_TOO_LARGE = Stage.SEMANTICS, "the amount is more than all bitcoin there will be"
    AMOUNT_WITHOUT_DESCRIPTION = Stage.SEMANTICS, "there is an amount but no description"
    CURRENCY_WITHOUT_AMOUNT = Stage.SEMANTICS, "there is a currency but no amount"
    ISSUER_MISSING = Stage.SEMANTICS, "there is neither an issuer's key nor a blinded path"
    CHAIN_NOT_OFFERED = Stage.SEMANTICS, "the chain is none of those that are offered"
    QUANTITY_MISSING = Stage.SEMANTICS, "the offer is sold by quantity, and none is asked for"
    QUANTITY_UNASKED = Stage.SEMANTICS, "a quantity is asked for, and the offer is not sold by quantity"
    QUANTITY_ZERO = Stage.SEMANTICS, "the quantity is zero"
    QUANTITY_TOO_LARGE = Stage.SEMANTICS, "the quantity is more than the offer has"
    AMOUNT_TOO_SMALL = Stage.SEMANTICS, "the amount is less than the offer asks for"
    ONLY_IN_OFFERS = (
        Stage.SEMANTICS,
        "a request that answers no offer has a field that belongs to offers and their answers",
    )
    PATHS_NEEDLESS = Stage.SEMANTICS, "a request that answers an offer has blinded paths of its own"
    SIGNATURE_NEEDLESS = Stage.SEMANTICS, "a request that answers no offer is signed"
    PAYINFO_COUNT = Stage.SEMANTICS, "there is not exactly one set of payment data for each blinded path"
    NO_USABLE_PATH = Stage.SEMANTICS, "every blinded path needs a feature that is unknown"
    AMOUNT_DIFFERS = Stage.SEMANTICS, "the invoice's amount is not the one that was asked for"
    SIGNER_NOT_ISSUER = Stage.SEMANTICS, "the invoice's key is not the offer's issuer"
    SIGNER_NOT_ON_PATH = Stage.SEMANTICS, "the invoice's key is not the end of a blinded path of the offer"
    SIGNATURE = Stage.SEMANTICS, "the signature does not hold"
    # ours
    WRONG_CHAIN = Stage.POLICY, "it is for another chain"
    EXPIRED = Stage.POLICY, "it has expired"
    EXPIRES_TOO_SOON = Stage.POLICY, "the offer expires too soon"
    WITHOUT_PATH = Stage.POLICY, "the offer has no blinded path"
    NOT_THE_OFFER = Stage.POLICY, "the request does not repeat the offer byte for byte"
    NO_RATE = Stage.POLICY, "the offer's currency cannot be converted"
    NOT_THE_REQUEST = Stage.POLICY, "the invoice does not repeat the request byte for byte"
    ANOTHER_PATH = Stage.POLICY, "the invoice's key is not the end of the path the request was sent by"
    MORE_THAN_ALLOWED = Stage.POLICY, "the invoice asks for more than was allowed"
    # what a careful writer does not write, though readers accept it
    CHAINS_NEEDLESS = Stage.WRITING, "bitcoin alone is meant by leaving the chains out"
    QUANTITY_NEEDLESS = Stage.WRITING, "a single item is meant by leaving the quantity out"
    FEATURES_PADDED = Stage.WRITING, "the features begin with a zero byte"
    UNKNOWN_IS_KNOWN = Stage.WRITING, "a field with a meaning of its own was given as an unknown one"
    INTEGER_RANGE = Stage.WRITING, "a number does not fit 64 bits"
    PATH_SHAPE = Stage.WRITING, "a blinded path's keys or hops do not have the sizes they need"
    PAYINFO_SHAPE = Stage.WRITING, "the payment data of a blinded path does not fit its fields"
    FALLBACK_SHAPE = Stage.WRITING, "a fallback address does not fit its fields"
    SIGNING_KEY = Stage.WRITING, "the key that signs is not the one that the message names"
    PATH_SEALED = Stage.WRITING, "a hop's data was not encrypted for this key"

    def __init__(self, stage: Stage, words: str) -> None:
        self.stage = stage
        self.words = words


_CODES = {
    (Message.OFFER, Reason.WRONG_CHAIN): "offer-wrong-chain",
    (Message.OFFER, Reason.EXPIRED): "offer-expires-too-soon",
    (Message.OFFER, Reason.EXPIRES_TOO_SOON): "offer-expires-too-soon",
    (Message.OFFER, Reason.WITHOUT_PATH): "offer-without-path",
    (Message.INVOICE, Reason.EXPIRED): "invoice-expired",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The rule a message breaks. `tlv` is the type of the field it was found in, where one field is to blame."""

    reason: Reason
    tlv: int | None = None
    message: Message = Message.OFFER

    @property
    def code(self) -> str:
        """Its row in `schemas.problems`."""
        return _CODES.get((self.message, self.reason), self.message.value)

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

    def problem(self, message: Message) -> Problem:
        """As what it is handed on."""
        return Problem(self.reason, self.tlv, message)
