"""Mutation fuzz of our BOLT 11 reader beside LDK: we accept nothing that LDK refuses, and where we are the stricter
ones the difference is of a kind that is known and explained.

`FUZZ_SECONDS` lets it run longer, `FUZZ_SEED` plays other dice; by itself it is the same every time.
"""

import os
import random
import time
from collections import Counter

from coincurve import PrivateKey

from schemas import bech32
from schemas.bolt11 import PREFIXES, TIMESTAMP_WORDS, Bolt11Problem, decode_bolt11, invoice_digest
from schemas.bolt11_fields import HOP, Bolt11Rule, Field
from tests.bolt12oracle import Oracle

TEXTS, BATCH = 3000, 500
KEY, STRANGER = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
FEATURES = 1 << 8 | 1 << 14 | 1 << 17

STRICTER: dict[Bolt11Rule, str] = {
    Bolt11Rule.PREFIX: "LDK knows the simulated network too",
    Bolt11Rule.AMOUNT: "LDK reads leading zeros, nothing at all as an amount, and more money than there is",
    Bolt11Rule.FEATURE: "LDK knows features that a Core Lightning which pays may not know",
    Bolt11Rule.FEATURE_MISSING: "LDK asks for the payment secret's feature and not for the onion's that it needs",
    Bolt11Rule.FIELD: "LDK drops zeros that lead and bits that are left over, and has the rest signed",
}
"""What we refuse and LDK 0.1 reads, and why we are right."""

Tagged = list[tuple[int, list[int]]]


def right() -> Tagged:
    """The fields of an invoice that is right."""
    hop = HOP.pack(KEY.public_key.format(), 1 << 40, 1, 20, 6)
    return [
        (Field.HASH, bech32.words_for(b"\x11" * 32)),
        (Field.SECRET, bech32.words_for(b"\x22" * 32)),
        (Field.DESCRIPTION, bech32.words_for("tea, 1 杯".encode())),
        (Field.EXPIRY, bech32.words_of(3600)),
        (Field.CLTV, bech32.words_of(18)),
        (Field.HINT, bech32.words_for(hop)),
        (Field.FEATURES, bech32.words_of(FEATURES)),
    ]


def written(prefix: str, fields: Tagged, key: PrivateKey = KEY) -> str:
    """Signed by `key`."""
    body = bech32.words_of(1_700_000_000, TIMESTAMP_WORDS)
    for kind, value in fields:
        body += [kind, len(value) >> 5, len(value) & 31, *value]
    signature = key.sign_recoverable(invoice_digest(prefix, body), hasher=None)
    return bech32.joined(prefix, [*body, *bech32.words_for(signature)])


def mutant(dice: random.Random) -> str:
    """An invoice in which something was changed, mostly before it was signed."""
    prefix, fields, key = PREFIXES[dice.choice(sorted(PREFIXES))] + dice.choice(("", "2500u", "20m", "1")), right(), KEY
    for _ in range(dice.randint(0, 2)):
        prefix, key = _changed(dice, prefix, fields, key)
    text = written(prefix, fields, key)
    if dice.random() < 0.1:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice("qpzry9x8gf2tvdw0s3jn54khce6mua7l1b ") + text[at + dice.randint(0, 1) :]
    return text.upper() if dice.random() < 0.1 else text


def _changed(dice: random.Random, prefix: str, fields: Tagged, key: PrivateKey) -> tuple[str, PrivateKey]:
    at = dice.randrange(len(fields)) if fields else 0
    match dice.randrange(11):
        case 0 if fields:
            del fields[at]
        case 1 if fields:
            fields.append(fields[at])
        case 2 if fields:
            kind, value = fields[at]
            fields[at] = (kind, value[: dice.randint(0, len(value))])
        case 3 if fields:
            kind, value = fields[at]
            fields[at] = (kind, [*value, *(dice.randrange(32) for _ in range(dice.randint(1, 3)))])
        case 4 if fields:
            kind, value = fields[at]
            fields[at] = (kind, [dice.randrange(32) if dice.random() < 0.1 else word for word in value])
        case 5:
            fields.insert(at, (dice.randrange(32), [dice.randrange(32) for _ in range(dice.randint(0, 60))]))
        case 6:
            fields[:] = [field for field in fields if field[0] != Field.FEATURES]
            fields.append((Field.FEATURES, bech32.words_of(FEATURES ^ 1 << dice.randrange(60))))
        case 7:
            other = dice.choice((Field.EXPIRY, Field.CLTV))
            fields.insert(0, (other, [dice.randrange(32) for _ in range(dice.choice((12, 13, 14, 40)))]))
        case 8:
            fields.append((Field.PAYEE, bech32.words_for(dice.choice((KEY, STRANGER)).public_key.format())))
        case 9:
            fields.append((Field.DESCRIPTION_HASH, bech32.words_for(b"\x33" * 32)))
        case 10:
            amount = dice.choice(
                ("0", "01m", "10p", "11p", "2500x", "1n", "21000001", "m", "9" * 25, "1mm", "-1", "1 m")
            )
            prefix = dice.choice(("lnbc", "lntb", "lntbs", "lnbcrt", "lnsb", "lnxx", "ln")) + amount
        case _:
            key = STRANGER
    return prefix, key


def test_we_accept_no_invoice_that_ldk_refuses(oracle: Oracle) -> None:
    seed = int(os.environ.get("FUZZ_SEED", "11"))
    print(f"FUZZ_SEED={seed}")
    dice, until = random.Random(seed), time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "0"))
    seen: Counter[str] = Counter()
    rules: set[Bolt11Rule] = set()
    laxer: list[str] = []
    unexplained: list[tuple[Bolt11Rule, str]] = []
    while sum(seen.values()) < TEXTS or time.monotonic() < until:
        batch = [mutant(dice) for _ in range(BATCH)]
        for text, accepted in zip(batch, oracle.accepts([("bolt11 text", text) for text in batch]), strict=True):
            found = decode_bolt11(text)
            if isinstance(found, Bolt11Problem):
                rules.add(found.rule)
                seen["stricter" if accepted else "refused"] += 1
                if accepted and found.rule not in STRICTER:
                    unexplained.append((found.rule, text))
            elif accepted:
                seen["accepted"] += 1
            else:
                laxer.append(text)
    print(dict(seen), sorted(rule.name for rule in rules))
    assert not laxer, (len(laxer), laxer[:3])
    assert not unexplained, (Counter(rule for rule, _ in unexplained), unexplained[:3])
    assert min(seen["accepted"], seen["refused"]) > TEXTS // 10
