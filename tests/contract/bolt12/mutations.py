"""Messages that were right, and what may become of them: records changed, moved, lost or added, and bytes damaged.

Most are signed again after the change, so that the change itself is judged and not the signature.
"""

import random
from collections.abc import Callable, Sequence

from schemas.bolt12.layout import write_stream
from schemas.bolt12.text import encode_text
from schemas.bolt12.tlv import read_stream
from tests.unit.bolt12.parties import (
    BLINDED,
    BY_PATH,
    INVOICE,
    ISSUER,
    OFF_CURVE,
    OFFER,
    OWN_REQUEST,
    PAYER,
    REQUEST,
    STRANGER,
    TOO_MUCH,
    Changes,
    Records,
    changed,
    path,
    payinfo,
    public,
    signed,
)

Message = tuple[str, bytes]
"""`lno`, `lnr` or `lni`, and the stream."""
Text = tuple[str, str]
"""`lno text`, and the text."""

REGTEST = bytes.fromhex("06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f")
BITCOIN = bytes.fromhex("6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000")
TWO_PATHS = path(public(BLINDED), public(STRANGER))
OF_OFFERS: tuple[Changes, ...] = (
    {},
    {8: None},
    {8: None, 10: None},
    {20: b"\x05"},
    {20: b""},
    {2: REGTEST},
    {2: BITCOIN + REGTEST, 14: b"\xff" * 4},
    {4: b"metadata", 18: "issuer ü".encode(), 12: b"\x02"},
    {6: b"EUR"},
    BY_PATH,
    {16: TWO_PATHS},
    {16: b"\x01" + bytes(8) + TWO_PATHS[33:]},
    {1: b"odd", 33: b"odd", 1_000_000_001: b"far"},
)
OF_REQUESTS: tuple[Changes, ...] = (
    {},
    {82: b"\x03\xe8"},
    {84: b"\x02", 89: "note ü".encode()},
    {91: b"\x05alice\x09shop.test"},
    {81: b"odd", 2_000_000_001: b"far"},
)
OF_OWN_REQUESTS: tuple[Changes, ...] = (
    {},
    {18: b"me", 80: REGTEST, 90: path(public(PAYER))},
    {14: b"\xff" * 4, 86: b"\x02"},
)
OF_INVOICES: tuple[Changes, ...] = (
    {},
    {166: b"\x0e\x10", 172: b"\x00\x00\x14" + bytes(20) + b"\x01\x00\x20" + bytes(32)},
    {160: path(public(ISSUER), public(BLINDED)), 162: payinfo() + payinfo(b"\x02")},
    {174: b"\x02\x00\x00", 161: b"odd", 3_000_000_001: b"far"},
)
LAST = (1 << 64) - 1
TYPES = (
    *(0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 23, 24, 79, 80, 81, 82, 84, 86, 88, 89, 90, 91, 92, 93, 159),
    *(160, 161, 162, 164, 166, 168, 170, 172, 174, 176, 177, 178, 239, 241, 242, 1000, 1001, 999_999_999),
    *(10**9 + near for near in (0, 1)),
    *(2 * 10**9 + near for near in (-1, 0, 1)),
    *(3 * 10**9 + near for near in (-1, 0, 1)),
    LAST,
)
VALUES = (
    *(
        b"",
        b"\x00",
        b"\x01",
        b"\x02",
        b"\x64",
        b"\x65",
        b"\x00\x01",
        b"\x01\x00",
        b"\xff" * 4,
        b"\xff" * 8,
        b"\x01" * 9,
    ),
    *(TOO_MUCH, b"EUR", b"eur", b"text", b"\xff\xfe", bytes(32), REGTEST, BITCOIN, bytes(64), OFF_CURVE, bytes(33)),
    *(
        public(ISSUER),
        public(PAYER),
        public(BLINDED),
        b"\x05alice\x09shop.test",
        b"\x01a\x01b",
        b"\x01 \x01b",
        b"\x00\x00",
    ),
    *(path(public(BLINDED)), TWO_PATHS, TWO_PATHS[:66] + b"\x00", payinfo(), payinfo() * 2, payinfo(b"\x01")),
)


def right_messages() -> list[tuple[str, Records]]:
    """Messages that keep every rule, as records without signatures."""
    found: list[tuple[str, Records]] = [
        ("lnr", dict(OWN_REQUEST)),
        ("lnr", {**OWN_REQUEST, 18: b"me", 80: REGTEST, 90: path(public(PAYER))}),
    ]
    for of_offer in OF_OFFERS:
        found.append(("lno", changed(OFFER, of_offer)))
        needed = _needed_by(changed(OFFER, of_offer))
        for of_request in OF_REQUESTS:
            request = changed(REQUEST, {**of_offer, **needed, **of_request})
            found.append(("lnr", request))
            found.extend(("lni", _invoice(request, of_invoice)) for of_invoice in OF_INVOICES)
    return found


def seal(kind: str, records: Records, key: bytes | None = None) -> Message:
    """The message of `records`, signed by who should have signed it, or by `key`."""
    if kind == "lno" or (kind == "lnr" and not {16, 22} & records.keys()):
        return kind, write_stream(list(records.items()))
    if kind == "lnr":
        return kind, signed("invoice_request", records, key or PAYER)
    signer = next((secret for secret in (ISSUER, BLINDED) if public(secret) == records.get(176)), STRANGER)
    return kind, signed("invoice", records, key or signer)


def without_currency(kind: str, data: bytes) -> Message:
    """The same message in no currency, signed again."""
    records = {number: data[value_at:end] for number, _, value_at, end in read_stream(data)}
    return seal(kind, {number: value for number, value in records.items() if number not in (6, 240)})


def texts_of(right: list[tuple[str, Records]]) -> list[Text]:
    """The offers among them, as text: the one message that LDK itself reads from text."""
    offers = [seal(kind, records) for kind, records in right if kind == "lno"]
    return [(f"{kind} text", encode_text(data, f"{kind}1")) for kind, data in offers]


def damaged_text(dice: random.Random, texts: list[Text]) -> Text:
    """A text that was right, in other letters, in pieces, or with characters changed, lost or added."""
    kind, text = dice.choice(texts)
    for _ in range(dice.choice((1, 1, 2))):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(6):
            case 0:
                text = text.upper()
            case 1:
                text = text[:at] + dice.choice(("+", "+ ", "+\n\t ", "++", " ", " +", "\u00a0")) + text[at:]
            case 2:
                text = text[:at] + text[at + 1 :]
            case 3:
                text = text[:-1] + dice.choice("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
            case 4:
                text += dice.choice(("q", "p", "qq", " ", "+", "B"))
            case _:
                text = text[:at] + dice.choice("qpzry9x8gf2tvdw0s3jn54khce6mua7lbio1QZ_-\u017f") + text[at + 1 :]
    return kind, text


def mutant(
    dice: random.Random, right: list[tuple[str, Records]], kinds: Sequence[str] = ("lno", "lnr", "lni")
) -> Message:
    """A message that was right, of one of `kinds`, after one to three changes."""
    wanted = dice.choice(kinds)
    kind, records = dice.choice([each for each in right if each[0] == wanted])
    records = dict(records)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        dice.choice(CHANGES)(dice, records, right)
    if not records:
        records = {1: b""}
    key = dice.choice((PAYER, ISSUER, BLINDED, STRANGER)) if dice.random() < 0.03 else None
    sealed = seal(kind, records, key)
    return (kind, _damaged(dice, sealed[1])) if dice.random() < 0.15 else sealed


def _lose(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    if records:
        del records[dice.choice(list(records))]


def _replace(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    if records:
        records[dice.choice(list(records))] = dice.choice(VALUES)


def _add(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    records[dice.choice(TYPES)] = dice.choice(VALUES)


def _borrow(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    """A record of another message, whole: well-formed, but perhaps out of place."""
    _, other = dice.choice(right)
    kind = dice.choice(list(other))
    records[kind] = other[kind]


def _move(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    if records:
        kind = dice.choice(list(records))
        records[min(max(0, kind + dice.choice((-2, -1, 1, 2))), LAST)] = records.pop(kind)


def _touch(dice: random.Random, records: Records, right: list[tuple[str, Records]]) -> None:
    if records:
        kind = dice.choice(list(records))
        records[kind] = _damaged(dice, records[kind])


Change = Callable[[random.Random, Records, list[tuple[str, Records]]], None]
CHANGES: tuple[Change, ...] = (_lose, _replace, _add, _borrow, _move, _touch)


def _damaged(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    match dice.randrange(5):
        case 0:
            return data[:at] + dice.randbytes(1) + data[at:]
        case 1:
            return data[:at] + data[at + 1 :]
        case 2:
            return data[:at]
        case 3:
            return bytes((0,)) + data
        case _:
            return data[:at] + bytes((data[at] ^ 1 << dice.randrange(8),)) + data[at + 1 :] if at < len(data) else data


def _needed_by(offer: Records) -> Changes:
    """What a request must say because the offer does."""
    needed: Changes = {}
    if 20 in offer:
        needed[86] = b"\x02"
    if offer.get(2) == REGTEST:
        needed[80] = REGTEST
    if 8 not in offer:
        needed[82] = b"\x64"
    return needed


def _invoice(request: Records, of_invoice: Changes) -> Records:
    """A right answer to a right request."""
    amount = int.from_bytes(request[8], "big") * int.from_bytes(request.get(86, b"\x01"), "big") if 8 in request else 0
    asked = request.get(82, amount.to_bytes(max(1, (amount.bit_length() + 7) // 8), "big"))
    signer = ISSUER if 22 in request else BLINDED
    return changed({**INVOICE, **request}, {170: asked, 176: public(signer), 22: request.get(22), **of_invoice})
