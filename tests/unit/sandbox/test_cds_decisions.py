"""What a parent does about CDS: it changes DS only when all that RFC 7344 and RFC 8078 ask for is there."""

from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from dns.rdataclass import RdataClass
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS

from services.sandbox.dns.cds import Keep, Replace, Seen, Signed, decide
from services.sandbox.dns.keys import KeyStore, SigningKey, rdataset
from services.sandbox.dns.signing import DELETE

SHOP = dns.name.from_text("shop.test.")
TTL_S = 60


class Child:
    """A zone with two key-signing keys, of which the first is in the DS."""

    def __init__(self, folder: Path) -> None:
        keys = KeyStore(folder)
        self.old, self.new = keys.ksk(SHOP), keys.ksk(SHOP, "ksk2")
        self.ds = [self.old.ds(SHOP)]

    def signed(self, data: Rdataset, *by: SigningKey) -> Signed:
        """`data` at the apex, signed by these keys."""
        made = [
            dns.dnssec.sign((SHOP, data), key.private, SHOP, key.dnskey, inception=0, expiration=2**31) for key in by
        ]
        return Signed(data, rdataset(TTL_S, *made))

    def seen(self, cds: list[str], cdnskey: list[str] | None = None, signers: tuple[SigningKey, ...] = ()) -> Seen:
        """An address that serves these records; both keys sign unless `signers` are others."""
        by = signers or (self.old, self.new)
        dnskey = self.signed(rdataset(TTL_S, self.old.dnskey, self.new.dnskey), *by)
        keys = None if cdnskey is None else self.signed(records(RdataType.CDNSKEY, cdnskey), *by)
        return Seen(self.signed(records(RdataType.CDS, cds), *by), keys, dnskey)


def records(rdtype: RdataType, texts: list[str]) -> Rdataset:
    return rdataset(TTL_S, *(dns.rdata.from_text(RdataClass.IN, rdtype, text) for text in texts))


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child(tmp_path)


def ds(*keys: SigningKey) -> list[DS]:
    return [key.ds(SHOP) for key in keys]


def cds(*keys: SigningKey) -> list[str]:
    return [record.to_text() for record in ds(*keys)]


def test_a_new_key_replaces_the_old_one(child: Child) -> None:
    cdnskey = [child.new.dnskey.to_text()]
    assert decide(SHOP, [child.seen(cds(child.new), cdnskey)] * 2, child.ds) == Replace(tuple(ds(child.new)))


def test_both_keys_may_be_asked_for(child: Child) -> None:
    decision = decide(SHOP, [child.seen(cds(child.old, child.new))], child.ds)
    assert isinstance(decision, Replace)
    assert set(decision.ds) == set(ds(child.old, child.new))


def test_the_delete_form_leaves_none(child: Child) -> None:
    assert decide(SHOP, [child.seen([DELETE[RdataType.CDS]], [DELETE[RdataType.CDNSKEY]])], child.ds) == Replace(())


@pytest.mark.parametrize("others", [["new"], ["old", "new"]])
def test_cds_and_cdnskey_must_agree(child: Child, others: list[str]) -> None:
    cdnskey = [getattr(child, other).dnskey.to_text() for other in others]
    assert decide(SHOP, [child.seen(cds(child.old), cdnskey)], child.ds) == Keep("CDS and CDNSKEY disagree")
    deleting = child.seen([DELETE[RdataType.CDS]], cdnskey)
    assert decide(SHOP, [deleting], child.ds) == Keep("CDS and CDNSKEY disagree")


def test_what_cannot_be_read_is_left_alone(child: Child) -> None:
    both = child.seen([DELETE[RdataType.CDS], *cds(child.new)])
    sha384 = dns.dnssec.make_ds(SHOP, child.new.dnskey, "SHA384").to_text()
    for seen in (both, child.seen([sha384])):
        assert decide(SHOP, [seen], child.ds) == Keep("what is asked for cannot be read")


def test_the_new_key_alone_may_not_ask(child: Child) -> None:
    """CDS signed by a key that no DS vouches for, though DNSKEY is signed by both."""
    whole = child.seen(cds(child.new))
    assert whole.cds is not None
    seen = Seen(child.signed(whole.cds.data, child.new), None, whole.dnskey)
    assert decide(SHOP, [seen], child.ds) == Keep("the asking is not signed by a key that the DS vouches for")


def test_a_child_that_would_break_keeps_its_ds(child: Child) -> None:
    seen = child.seen(cds(child.new), signers=(child.old,))
    assert decide(SHOP, [seen], child.ds) == Keep("the child would not validate any more")


def test_without_ds_only_patience_helps(child: Child) -> None:
    seen = [child.seen(cds(child.old))]
    assert decide(SHOP, seen, []) == Keep("there is no DS to trust the asking by")
    assert decide(SHOP, seen, [], bootstrap=True) == Replace(tuple(ds(child.old)))
    deleting = [child.seen([DELETE[RdataType.CDS]])]
    assert decide(SHOP, deleting, [], bootstrap=True) == Keep("there is no DS to trust the asking by")
    forged = [child.seen(cds(child.old), signers=(child.new,))]
    assert isinstance(decide(SHOP, forged, [], bootstrap=True), Keep)


def test_every_address_counts(child: Child) -> None:
    asking, silent, other = child.seen(cds(child.new)), None, child.seen(cds(child.old))
    assert decide(SHOP, [asking, silent], child.ds) == Keep("not every address answers")
    assert decide(SHOP, [asking, other], child.ds) == Keep("the addresses ask for different things")
    assert decide(SHOP, [], child.ds) == Keep("not every address answers")
