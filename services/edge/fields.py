"""Fields that the bodies of several calls have, each described once."""

from typing import Annotated

from msgspec import Meta

Msat = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,18})\Z")]
"""An amount in msat."""

Amount = Annotated[str, Meta(pattern=r"\A(any|[1-9][0-9]{0,18})\Z")]
"""What is asked for: more than nothing, in msat, or `any`, which leaves it to the payer."""
