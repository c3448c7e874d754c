"""Fields that the bodies of several calls have, each described once; and what a pattern asks for, in words."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from schemas.nodes import NODE_ID_PATTERN
from schemas.offers import ORDER_ID_PATTERN

_MSAT: Final = r"\A(0|[1-9][0-9]{0,18})\Z"
_AMOUNT: Final = r"\A(any|[1-9][0-9]{0,18})\Z"

Msat = Annotated[str, Meta(pattern=_MSAT)]
"""An amount in msat."""

Amount = Annotated[str, Meta(pattern=_AMOUNT)]
"""What is asked for: more than nothing, in msat, or `any`, which leaves it to the payer."""

IN_WORDS: Final[Mapping[str, str]] = {
    _MSAT: "an amount in msat: a whole number, as text",
    _AMOUNT: "an amount in msat: a whole number from 1, as text, or `any`",
    NODE_ID_PATTERN: "a node's public key: 66 hex digits in lower case",
    ORDER_ID_PATTERN: "1 to 64 letters, digits or any of . _ : / # -",
}
"""What each of these patterns asks for: a regular expression helps nobody who got an amount wrong."""
