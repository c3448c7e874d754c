"""Who signs a zone, behind one interface; and the server that signs by itself, of which we can only say what to do."""

from dataclasses import dataclass
from typing import Protocol

from services.dns_publisher.provider.answers import Refused, Unknown


@dataclass(frozen=True, slots=True)
class Told:
    """The signer was told, or `detail` says what its operator is to do."""

    detail: str


class Signer(Protocol):
    """A signer. Every call says what is to be so, and may be repeated."""

    async def start(self, zone: str) -> Told | Refused | Unknown:
        """Sign `zone`, and announce its DS by CDS."""
        ...

    async def forsake(self, zone: str) -> Told | Refused | Unknown:
        """Go on signing `zone`, but announce by CDS that its DS is to go (RFC 8078 §4)."""
        ...

    async def stop(self, zone: str) -> Told | Refused | Unknown:
        """Stop signing `zone`. Only when no cache can hold a DS."""
        ...


class SelfSigner:
    """A server that signs by itself (Knot, BIND): its operator configures it, we see on the wire what it does."""

    async def start(self, zone: str) -> Told | Refused | Unknown:
        """See Signer."""
        return Told(f"switch automatic signing of {zone} on: one KSK or CSK, CDS and CDNSKEY published")

    async def forsake(self, zone: str) -> Told | Refused | Unknown:
        """See Signer."""
        return Told(f"leave {zone} signed; if its parent polls CDS, publish the delete form (0 0 0 00)")

    async def stop(self, zone: str) -> Told | Refused | Unknown:
        """See Signer."""
        return Told(f"automatic signing of {zone} may be switched off now")
