"""BIP 321 payment URIs: composing what we publish, and reading what others publish.

Reading answers with everything in the URI that a payer may use, or with the first rule the URI breaks. Offers, invoices
and addresses are kept as written: their own codecs judge them. On-chain checksums are not checked, since nothing here
ever pays on chain.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote_to_bytes

from schemas.amounts import MAX_MSAT

_OFFER = re.compile(r"lno1[02-9ac-hj-np-z]+")
_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,62}|(?i:(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{6,87})")
_AMOUNT = re.compile(r"([0-9]*)(?:\.([0-9]{0,8}))?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):.*", re.IGNORECASE | re.DOTALL)

INSTRUCTION_KEYS = frozenset(("lightning", "lno", "sp", "pay", "bc", "tb"))
SINGLE_KEYS = frozenset(("amount", "label", "message", "pop"))
FORBIDDEN_POP = frozenset(("http", "https", "file", "javascript", "mailto")) | frozenset(
    ("ftp", "ws", "wss", "ssh", "tel", "data", "blob")
)
"""Schemes a proof of payment may not open: those of BIP 321, and what its reference implementation adds."""


class UriRule(Enum):
    """The rules of payment URIs; the value is what a person is told."""

    SCHEME = "it does not begin with bitcoin:"
    CHARACTER = "it contains a character that a URI may not hold"
    ESCAPE = "a percent escape is broken or not UTF-8"
    ADDRESS = "what stands before the question mark is not an address"
    NOTHING_TO_PAY = "it holds no address and no payment instruction"
    EMPTY_VALUE = "a payment instruction has no value"
    DUPLICATE = "amount, label, message and pop may stand there only once"
    REQUIRED_UNKNOWN = "it requires something we do not know (a req- key)"
    AMOUNT = "the amount is not a decimal number of bitcoin"
    WRONG_NETWORK = "an address is for another network than its key says"
    POP_SCHEME = "the proof-of-payment address uses a scheme that must not be opened"
    POP_REQUIRED = "it requires a proof of payment, which we cannot deliver"


@dataclass(frozen=True, slots=True)
class UriProblem:
    """The first rule a URI breaks."""

    rule: UriRule
    code: str = "uri-invalid"

    @property
    def detail(self) -> str:
        """The rule, for a person to read."""
        return self.rule.value


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a URI lets a payer do. Tuples are in the order of the URI; unknown keys are kept in `other`."""

    address: str | None = None
    offers: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    silent_payments: tuple[str, ...] = ()
    private_payments: tuple[str, ...] = ()
    segwit: tuple[str, ...] = ()
    segwit_test: tuple[str, ...] = ()
    amount_msat: int | None = None
    label: str | None = None
    message: str | None = None
    pop: str | None = None
    other: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Reading:
    """The query, sorted by key while it is read; keys are lower-case and without `req-`."""

    many: dict[str, list[str]] = field(default_factory=dict)
    single: dict[str, str] = field(default_factory=dict)
    other: list[tuple[str, str]] = field(default_factory=list)
    pop_required: bool = False


def compose(offer: str) -> str:
    """The URI we publish for `offer`: `bitcoin:?lno=<lower-case offer>`. Raises ValueError if it is not offer text."""
    lowered = offer.lower()
    if not offer.isascii() or not _OFFER.fullmatch(lowered):
        raise ValueError("not the text of one offer")
    return f"bitcoin:?lno={lowered}"


def parse(uri: str, *, honours_pop: bool = False) -> Instructions | UriProblem:
    """What `uri` instructs (BIP 321).

    `honours_pop`: the caller can deliver a proof of payment; otherwise a URI with `req-pop` is refused.
    """
    if rule := _text_rule(uri):
        return UriProblem(rule)
    body, _, query = uri[8:].partition("?")
    if body and not _ADDRESS.fullmatch(body):
        return UriProblem(UriRule.ADDRESS)
    reading = _Reading()
    for parameter in query.split("&"):
        if parameter and (rule := _take(reading, parameter)):
            return UriProblem(rule)
    return _finish(body, reading, honours_pop)


def _text_rule(uri: str) -> UriRule | None:
    if uri[:8].lower() != "bitcoin:":
        return UriRule.SCHEME
    if not uri.isascii() or not uri.isprintable() or any(char in uri for char in ' "<>\\^`{|}#'):
        return UriRule.CHARACTER
    return UriRule.ESCAPE if _BAD_ESCAPE.search(uri) else None


def _take(reading: _Reading, parameter: str) -> UriRule | None:
    """Sorts one `key=value` into `reading`, or says which rule it breaks."""
    raw_key, _, raw_value = parameter.partition("=")
    written = raw_key.lower()
    key = written.removeprefix("req-")
    required = key != written
    try:
        value = unquote_to_bytes(raw_value).decode()
    except UnicodeDecodeError:
        return UriRule.ESCAPE
    if key in INSTRUCTION_KEYS:
        reading.many.setdefault(key, []).append(value)
        return None if value else UriRule.EMPTY_VALUE
    if key in SINGLE_KEYS:
        reading.pop_required |= required and key == "pop"
        known = key in reading.single
        reading.single[key] = value
        return UriRule.DUPLICATE if known else None
    if required:
        return UriRule.REQUIRED_UNKNOWN
    reading.other.append((written, value))
    return None


def _finish(body: str, reading: _Reading, honours_pop: bool) -> Instructions | UriProblem:
    """The rules over the whole URI."""
    if not body and not reading.many:
        return UriProblem(UriRule.NOTHING_TO_PAY)
    amount = _amount_msat(reading.single.get("amount"))
    rule = _network_rule(reading) or _pop_rule(reading, honours_pop)
    if isinstance(amount, UriRule) or rule is not None:
        return UriProblem(amount if isinstance(amount, UriRule) else rule or UriRule.AMOUNT)
    many = {key: tuple(values) for key, values in reading.many.items()}
    return Instructions(
        address=body or None,
        offers=many.get("lno", ()),
        invoices=many.get("lightning", ()),
        silent_payments=many.get("sp", ()),
        private_payments=many.get("pay", ()),
        segwit=many.get("bc", ()),
        segwit_test=many.get("tb", ()),
        amount_msat=amount,
        label=reading.single.get("label"),
        message=reading.single.get("message"),
        pop=reading.single.get("pop"),
        other=tuple(reading.other),
    )


def _network_rule(reading: _Reading) -> UriRule | None:
    """Each `bc=` and `tb=` must hold an address with that very prefix."""
    for key in ("bc", "tb"):
        if not all(value.lower().startswith(f"{key}1") for value in reading.many.get(key, ())):
            return UriRule.WRONG_NETWORK
    return None


def _pop_rule(reading: _Reading, honours_pop: bool) -> UriRule | None:
    pop = reading.single.get("pop")
    if pop is None:
        return None
    scheme = _SCHEME.fullmatch(pop)
    if scheme is None or scheme[1].lower() in FORBIDDEN_POP:
        return UriRule.POP_SCHEME
    return UriRule.POP_REQUIRED if reading.pop_required and not honours_pop else None


def _amount_msat(text: str | None) -> int | UriRule | None:
    """Decimal BTC as msat, without floating point."""
    if text is None:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None or len(text) > 32 or not (found[1] or found[2]):
        return UriRule.AMOUNT
    msat = (int(found[1] or "0") * 100_000_000 + int((found[2] or "").ljust(8, "0"))) * 1000
    return msat if msat <= MAX_MSAT else UriRule.AMOUNT
