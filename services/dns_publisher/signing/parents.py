"""Who holds the DS, behind one interface; and the two parents that we do not write to: a person's, and one that polls.

A change says what it expects to find: the DS set is replaced only if it is exactly that one (compare-and-set).
"""

from dataclasses import dataclass
from typing import Protocol

from schemas.zones import Ds, ParentKind
from services.dns_publisher.provider.answers import Refused, Unknown


@dataclass(frozen=True, slots=True)
class Given:
    """The parent has, or will be brought, the wanted set; `detail` says by whom."""

    detail: str


@dataclass(frozen=True, slots=True)
class Other:
    """The parent has neither the set that was expected nor the wanted one."""

    detail: str


Change = Given | Other | Refused | Unknown


class Parent(Protocol):
    """The parent of a zone. `change` may be repeated: what stands already is left alone."""

    @property
    def kind(self) -> ParentKind:
        """As facts tell it."""
        ...

    async def change(self, zone: str, expected: frozenset[Ds], wanted: frozenset[Ds]) -> Change:
        """Have the DS set of `zone` be `wanted` if it is `expected`."""
        ...


class ManualParent:
    """A registrar's form: we say exactly what to enter, and the verifier sees when it is there."""

    kind: ParentKind = "manual"

    async def change(self, zone: str, expected: frozenset[Ds], wanted: frozenset[Ds]) -> Change:
        """See Parent."""
        gone, new = expected - wanted, wanted - expected
        told = [f"enter DS {ds.text}" for ds in sorted(new)] + [f"remove DS {ds.text}" for ds in sorted(gone)]
        return Given(f"at the registrar of {zone}: {'; '.join(told) or 'nothing is to be changed'}")


class PollingParent:
    """A parent that polls CDS and CDNSKEY (RFC 7344): the signer announces, nobody of ours writes anything."""

    kind: ParentKind = "cds"

    async def change(self, zone: str, expected: frozenset[Ds], wanted: frozenset[Ds]) -> Change:  # noqa: ARG002  Parent
        """See Parent."""
        said = ", ".join(str(ds.key_tag) for ds in sorted(wanted)) if wanted else "none (delete)"
        return Given(f"the parent of {zone} takes DS {said} from its CDS and CDNSKEY")
