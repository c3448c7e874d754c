"""Amounts as Core Lightning reads them from text."""

import re
from decimal import Decimal
from typing import Final

from services.sandbox.greenlight.errors import ClnError, Code

_MSAT_PER: Final = {"": Decimal(1), "msat": Decimal(1), "sat": Decimal(1000), "btc": Decimal(100_000_000_000)}
_AMOUNT: Final = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,11})?)(msat|sat|btc|)")


def parse_amount(text: str) -> int | None:
    """`any` as None; `5000`, `5000msat`, `5sat`, `0.001btc` in msat. Raises ClnError for anything else."""
    if text == "any":
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ClnError(Code.INVALID_PARAMS, "amount should be 'any', msat, sat, btc or a currency known here")
    msat = Decimal(match[1]) * _MSAT_PER[match[2]]
    if msat != msat.to_integral_value() or msat == 0:
        raise ClnError(Code.INVALID_PARAMS, "amount should be a positive whole number of millisatoshi")
    return int(msat)
