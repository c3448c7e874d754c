"""Mutation fuzz of our BOLT 12 reader beside LDK: we accept nothing that LDK refuses, and where we are the stricter
ones the difference is of a kind that is known and explained.

`FUZZ_SECONDS` lets it run longer, `FUZZ_SEED` plays other dice; by itself it is the same every time.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.bolt12 import (
    Invoice,
    InvoiceRequest,
    Offer,
    Problem,
    Reason,
    decode_invoice_bytes,
    decode_invoice_request_bytes,
    decode_offer,
    decode_offer_bytes,
)
from tests.bolt12oracle import Oracle
from tests.contract.bolt12.mutations import (
    Message,
    Text,
    damaged_text,
    mutant,
    right_messages,
    seal,
    texts_of,
    without_currency,
)

MESSAGES, TEXTS, BATCH = 4500, 3000, 500

Found = Offer | InvoiceRequest | Invoice | Problem
DECODE: dict[str, Callable[[bytes], Found]] = {
    "lno": decode_offer_bytes,
    "lnr": decode_invoice_request_bytes,
    "lni": decode_invoice_bytes,
}

STRICTER: dict[tuple[Reason, int | None], str] = {
    (Reason.FEATURE, 12): "LDK leaves even features it does not know to whoever uses the offer",
    (Reason.FEATURE, 84): "the same, of a request",
    (Reason.FEATURE, 174): "the same, of an invoice",
    (Reason.NO_USABLE_PATH, 162): "the same, of the ways to pay: LDK finds out when it pays",
    (Reason.AMOUNT_ZERO, 8): "an offer's amount must be more than nothing; a newer rule than this LDK",
    (Reason.AMOUNT_ZERO, 82): "nobody can be paid nothing: a payment of zero is no payment (BOLT 2)",
    (Reason.QUANTITY_ZERO, 86): "where an offer limits the quantity LDK looks at the limit alone",
    (Reason.CHAINS_EMPTY, 2): "chains that are there must not be empty; LDK takes it for an offer payable nowhere",
    (Reason.UTF8, 6): "LDK takes any three bytes for a currency",
    (Reason.CURRENCY, 6): "the same: ISO 4217 has capital letters alone",
    (Reason.CHARACTER, None): "after a + LDK takes any white space of Unicode's; we take ASCII's",
    (Reason.PREFIX, None): "of a text with a + LDK trims the beginning as well",
    (Reason.PADDING_LENGTH, None): "LDK takes a character too many that says nothing",
    (Reason.PADDING_BITS, None): "LDK does not look at the bits that are left over",
}
"""What we refuse and LDK 0.1 reads, and why we are right."""


@dataclass
class Differences:
    """What both said of many messages."""

    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: set[Reason] = field(default_factory=set)
    laxer: list[Message | Text] = field(default_factory=list)
    unexplained: list[tuple[Reason, int | None, Message | Text]] = field(default_factory=list)
    in_currencies: list[Message] = field(default_factory=list)

    def note(self, message: Message | Text, found: Found, accepted: bool) -> None:
        """One message, what we found in it, and whether LDK reads it."""
        kind = message[0]
        match found:
            case Problem(reason, tlv):
                self.reasons.add(reason)
                self.seen[kind, "stricter" if accepted else "refused"] += 1
                if accepted and (reason, tlv) not in STRICTER:
                    self.unexplained.append((reason, tlv, message))
            case _ if accepted:
                self.seen[kind, "accepted"] += 1
            case InvoiceRequest() | Invoice() if isinstance(message[1], bytes) and in_a_currency(found):
                self.in_currencies.append((kind, message[1]))
            case _:
                self.laxer.append(message)


def in_a_currency(message: InvoiceRequest | Invoice) -> bool:
    """LDK 0.1 knows no currencies: it refuses to answer such offers, though the specification's own example is one."""
    offer = message.offer if isinstance(message, InvoiceRequest) else message.request.offer
    return offer.currency is not None


def judge(oracle: Oracle, messages: Sequence[Message], into: Differences) -> None:
    """Both read `messages`; what differs in nothing but its currency is read once more without it."""
    for message, accepted in zip(messages, oracle.accepts(messages), strict=True):
        into.note(message, DECODE[message[0]](message[1]), accepted)
    bare, into.in_currencies = [without_currency(*message) for message in into.in_currencies], []
    if bare:
        judge(oracle, bare, into)


def the_dice() -> tuple[random.Random, float]:
    """Dice, and until when (monotonic seconds) to go on throwing them."""
    seed = int(os.environ.get("FUZZ_SEED", "12"))
    print(f"FUZZ_SEED={seed}")
    return random.Random(seed), time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "0"))


def test_both_read_what_is_right(oracle: Oracle) -> None:
    found = Differences()
    right = [seal(kind, records) for kind, records in right_messages()]
    judge(oracle, right, found)
    assert not found.reasons
    assert not found.laxer
    assert {verdict for _, verdict in found.seen} == {"accepted"}


def test_we_accept_nothing_that_ldk_refuses(oracle: Oracle) -> None:
    (dice, until), right, found = the_dice(), right_messages(), Differences()
    count = 0
    while count < MESSAGES or time.monotonic() < until:
        judge(oracle, [mutant(dice, right) for _ in range(BATCH)], found)
        count += BATCH
    print(count, dict(found.seen), sorted(reason.name for reason in found.reasons))
    assert not found.laxer
    assert not found.unexplained
    assert all(found.seen[kind, verdict] > count // 50 for kind in DECODE for verdict in ("accepted", "refused"))
    assert len(found.reasons) > 40


def test_nor_as_text(oracle: Oracle) -> None:
    (dice, until), texts, found = the_dice(), texts_of(right_messages()), Differences()
    count = 0
    while count < TEXTS or time.monotonic() < until:
        batch = [damaged_text(dice, texts) for _ in range(BATCH)]
        for message, accepted in zip(batch, oracle.accepts(batch), strict=True):
            found.note(message, decode_offer(message[1]), accepted)
        count += BATCH
    print(count, dict(found.seen), sorted(reason.name for reason in found.reasons))
    assert not found.laxer
    assert not found.unexplained
    assert all(found.seen["lno text", verdict] > count // 20 for verdict in ("accepted", "refused"))
