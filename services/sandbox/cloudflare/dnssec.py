"""Cloudflare's DNSSEC switch of a zone: what PATCH and DELETE do, and the status that follows from what stands where.

Guarantees: the status is never stored, it is told from how the zone is signed and which DS the parent shows; a zone
goes on being signed until it is deleted from DNSSEC, whatever the status says on the way.
"""

import enum

import msgspec
from dns.name import Name
from dns.rdtypes.ANY.DS import DS

from schemas.base import Wire
from services.sandbox.cloudflare.errors import Refused, envelope
from services.sandbox.dns.children import Children
from services.sandbox.dns.keys import KSK_FLAGS
from services.sandbox.state import Announced, StoredZone

ABSENT = ("algorithm", "digest", "digest_algorithm", "digest_type", "ds", "flags", "key_tag", "key_type", "public_key")


class Status(enum.Enum):
    """Where a zone is between unsigned, signed and vouched for."""

    DISABLED = "disabled"
    PENDING = "pending"
    ACTIVE = "active"
    PENDING_DISABLED = "pending-disabled"


class DnssecBody(Wire, frozen=True, kw_only=True, rename=None):
    """The body of PATCH; spelled as Cloudflare spells it."""

    status: str | None = None
    dnssec_multi_signer: bool | None = None
    dnssec_presigned: bool | None = None
    dnssec_use_nsec3: bool | None = None


def status_of(stored: StoredZone, own: list[DS], at_parent: list[DS]) -> Status:
    """The status of a zone whose keys have the DS `own`, when Cloudflare sees `at_parent`."""
    seen = any(ds in at_parent for ds in own)
    if not stored.signed:
        return Status.DISABLED
    if stored.announced is Announced.DELETE:
        return Status.PENDING_DISABLED if seen else Status.DISABLED
    return Status.ACTIVE if seen else Status.PENDING


class Dnssec:
    """The switch of zone `origin`. `delay_s`: how late Cloudflare signs, and sees what the parent shows."""

    def __init__(self, children: Children, origin: Name) -> None:
        self._children = children
        self._origin = origin
        self.delay_s = 0.0

    @property
    def status(self) -> Status:
        """The status now."""
        stored = self._children.get(self._origin)
        own = self._children.ds(self._origin, stored.ksks)
        return status_of(stored, own, self._children.parent_ds(self._origin, self.delay_s))

    def show(self) -> dict[str, object]:
        """The answer to GET and PATCH."""
        stored = self._children.get(self._origin)
        facts = self._key_facts(stored) if stored.signed else dict.fromkeys(ABSENT)
        flags = {"dnssec_multi_signer": False, "dnssec_presigned": False, "dnssec_use_nsec3": False}
        return envelope({"status": self.status.value, "modified_on": stored.modified_on, **flags, **facts})

    def edit(self, body: DnssecBody) -> dict[str, object]:
        """PATCH: `active` signs the zone, `disabled` asks for its DS to go and signs on. Raises Refused."""
        if body.dnssec_multi_signer or body.dnssec_presigned or body.dnssec_use_nsec3:
            raise Refused("dnssec-plan")
        stored = self._children.get(self._origin)
        match body.status:
            case "active":
                self._change(stored, Announced.KEYS)
            case "disabled":
                if stored.signed:
                    self._change(stored, Announced.DELETE)
            case None:
                pass
            case _:
                raise Refused("dnssec-status")
        return self.show()

    def delete(self) -> dict[str, object]:
        """DELETE: stop signing; only from `disabled`, but nobody checks that no cache has the DS. Raises Refused."""
        if self.status is not Status.DISABLED:
            raise Refused("dnssec-not-disabled")
        stored = self._children.get(self._origin)
        if stored.signed:
            wanted = msgspec.structs.replace(stored, signed=False, announced=Announced.NOTHING)
            self._children.put(self._origin, wanted, self.delay_s)
        return envelope("")

    def _change(self, stored: StoredZone, announced: Announced) -> None:
        if not stored.signed or stored.announced is not announced:
            wanted = msgspec.structs.replace(stored, signed=True, announced=announced)
            self._children.put(self._origin, wanted, self.delay_s)

    def _key_facts(self, stored: StoredZone) -> dict[str, object]:
        """What to hand to the registrar: the newest key."""
        ksk = stored.ksks[-1]
        ds, dnskey = self._children.ds(self._origin, [ksk])[0], self._children.dnskey(self._origin, ksk)
        digest = ds.digest.hex().upper()
        return {
            "algorithm": "13",
            "digest": digest,
            "digest_algorithm": "SHA256",
            "digest_type": "2",
            "ds": f"{self._origin} 3600 IN DS {ds.key_tag} 13 2 {digest}",
            "flags": KSK_FLAGS,
            "key_tag": ds.key_tag,
            "key_type": "ECDSAP256SHA256",
            "public_key": dnskey.to_text(chunksize=0).split(" ", 3)[3],
        }
