"""How the walker asks: one question to whichever of several addresses answers usefully first."""

from collections.abc import Sequence
from typing import Protocol

import dns.message
import dns.name
import dns.rdatatype


class Source(Protocol):
    """A way to ask authoritative servers. No answer is trusted, so any transport will do."""

    async def ask(
        self, addresses: Sequence[str], name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> dns.message.Message | None:
        """An answer with rcode NOERROR or NXDOMAIN from one of `addresses`; None if nobody gave one in time."""
        ...
