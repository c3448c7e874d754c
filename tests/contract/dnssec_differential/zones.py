"""Sites to judge: a parent and a shop under it, in every style of denial, good or damaged in one way, and questions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
from dns.rdatatype import CNAME, DNAME, DNSKEY, DS, NSEC, NSEC3, SOA, TXT
from dns.rdtypes.ANY.DNSKEY import DNSKEY as RR_DNSKEY
from dns.rdtypes.ANY.DS import DS as RR_DS

from tests.contract.dnssec_differential.collide import collided
from tests.unit.dnssec.hashed_world import HashedZone
from tests.unit.dnssec.signed_world import DAY, IN, NOW, SignedWorld, SignedZone, n, private_key, rrset

ROOT_AT, PARENTS_AT, SHOPS_AT = "127.0.0.21", "127.0.0.22", "127.0.0.23"
ADDRESSES = (ROOT_AT, PARENTS_AT, SHOPS_AT)
TEXT = b"bitcoin:?lno=lno1differential"
_QUOTED = f'"{TEXT.decode()}"'
_LOOP = {"l1": "l2", "l2": "l1"}


@dataclass
class Site:
    """One shop with its parent and siblings; `tamper` changes what its servers say."""

    label: str
    parent: SignedZone
    shop: SignedZone
    others: list[SignedZone] = field(default_factory=list)
    tamper: Callable[[dns.message.Message], None] = lambda _message: None

    def name(self, below: str) -> dns.name.Name:
        """A name under the shop (empty: its apex)."""
        return n(f"{below}.{self.shop.name}" if below else str(self.shop.name))


Style = Callable[[str, int], SignedZone]
Damage = Callable[[Site], None]

STYLES: dict[str, Style] = {
    "nsec": lambda name, algorithm: SignedZone(n(name), algorithm=algorithm),
    "compact": lambda name, algorithm: SignedZone(n(name), algorithm=algorithm, compact=True),
    "nsec3": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm),
    "nsec3-salted": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm, salt="1badcafe", iterations=10),
    "nsec3-opt-out": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm, opt_out=True),
    "nsec3-100-iterations": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm, iterations=100),
    "nsec3-150-iterations": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm, iterations=150),
    "nsec3-2000-iterations": lambda name, algorithm: HashedZone(n(name), algorithm=algorithm, iterations=2000),
}

QUESTIONS: dict[str, str] = {
    "exact": "alice.user._bitcoin-payment",
    "no-data": "a",
    "empty-non-terminal": "user._bitcoin-payment",
    "no-name": "bob.user._bitcoin-payment",
    "no-name-deep": "x.y.z",
    "wildcard": "w.wild",
    "wildcard-deep": "a.b.wild",
    "wildcard-itself": "*.wild",
    "wildcard-no-data": "x.wilda",
    "cname": "c1",
    "cname-to-wildcard": "c2",
    "cname-to-nothing": "c3",
    "cname-to-sibling": "c4",
    "cname-to-unsigned": "c5",
    "cname-from-wildcard": "q.wildc",
    "cname-loop": "l1",
    "dname": "alice.old",
    "dname-to-nothing": "bob.old",
    "dname-owner": "old",
    "apex": "",
}
USUAL = ("exact", "no-data", "no-name", "wildcard", "cname", "dname")
FEW = ("exact", "no-name", "wildcard")
"""What damaged sites are asked, NSEC and the other styles; a good one is asked everything."""


def build(label: str, style: Style, algorithm: int = 13) -> Site:
    """A good site `shop.<label>.`"""
    parent = SignedZone(n(f"{label}."), algorithm=13)
    shop = style(f"shop.{label}.", algorithm)
    sibling, plain = SignedZone(n(f"good.{label}.")), SignedZone(n(f"plain.{label}."), signed=False)
    for child in (shop, sibling, plain):
        parent.delegate(child, {f"ns.{child.name}": SHOPS_AT})
    base = str(shop.name)
    shop.add(rrset(f"alice.user._bitcoin-payment.{base}", 300, "TXT", _QUOTED))
    shop.add(rrset(f"a.{base}", 300, "A", "192.0.2.9"))
    shop.add(rrset(f"*.wild.{base}", 300, "TXT", _QUOTED))
    shop.add(rrset(f"*.wilda.{base}", 300, "A", "192.0.2.9"))
    shop.add(rrset(f"*.wildc.{base}", 300, "CNAME", f"alice.user._bitcoin-payment.{base}"))
    targets = {
        "c1": f"alice.user._bitcoin-payment.{base}",
        "c2": f"w.wild.{base}",
        "c3": f"nobody.{base}",
        "c4": f"pay.{sibling.name}",
        "c5": f"pay.{plain.name}",
        **{one: f"{other}.{base}" for one, other in _LOOP.items()},
    }
    for name, target in targets.items():
        shop.add(rrset(f"{name}.{base}", 300, "CNAME", target))
    shop.add(rrset(f"old.{base}", 300, "DNAME", f"user._bitcoin-payment.{base}"))
    for other in (sibling, plain):
        other.add(rrset(f"pay.{other.name}", 300, "TXT", _QUOTED))
    return Site(label, parent, shop, [sibling, plain])


# --- damage -------------------------------------------------------------------------------------------------------


def _drop(*types: dns.rdatatype.RdataType) -> Damage:
    def damage(site: Site) -> None:
        site.shop.drop_signatures_of = frozenset(types)

    return damage


def _break(*types: dns.rdatatype.RdataType) -> Damage:
    def damage(site: Site) -> None:
        site.shop.break_signatures_of = frozenset(types)

    return damage


def _in_parent(attribute: str, *types: dns.rdatatype.RdataType) -> Damage:
    return lambda site: setattr(site.parent, attribute, frozenset(types))


def _dated(inception: int, expiration: int) -> Damage:
    def damage(site: Site) -> None:
        site.shop.inception, site.shop.expiration = inception, expiration

    return damage


def _signed_by(signer: Callable[[Site], dns.name.Name]) -> Damage:
    def damage(site: Site) -> None:
        site.shop.signer = signer(site)

    return damage


def _with_ds(make: Callable[[Site], RR_DS | None], *extra: Callable[[Site], RR_DS]) -> Damage:
    def damage(site: Site) -> None:
        site.parent.ds_override[site.shop.name] = make(site)
        site.parent.ds_extra = [more(site) for more in extra]

    return damage


def _foreign_ds(site: Site) -> RR_DS:
    return SignedZone(site.shop.name).ds()


def _with_key(**changes: int) -> Damage:
    def damage(site: Site) -> None:
        site.shop.dnskey = cast(RR_DNSKEY, site.shop.dnskey.replace(**changes))

    return damage


def _key_of_its_own(site: Site) -> None:
    """The key set is signed by a key that no DS names; the one that a DS names lies in it unused."""
    honest = site.shop.dnskey
    site.parent.ds_override[site.shop.name] = site.shop.ds()
    site.shop.key = private_key(13)
    site.shop.dnskey = dns.dnssec.make_dnskey(site.shop.key.public_key(), 13, flags=257)
    site.shop.extra_keys = [honest]


def _colliding(count: int) -> Damage:
    def damage(site: Site) -> None:
        site.shop.extra_keys = collided(site.shop.dnskey, count)

    return damage


def _unsigned(*, ds: bool, proven: bool = True) -> Damage:
    def damage(site: Site) -> None:
        held = site.shop.ds()
        site.shop.signed = False
        if ds:
            site.parent.ds_override[site.shop.name] = held
        site.parent.drop_nsec = not proven

    return damage


def _without_keys(site: Site) -> None:
    def tamper(message: dns.message.Message) -> None:
        if message.question[0].rdtype == DNSKEY and message.question[0].name == site.shop.name:
            message.answer.clear()

    site.tamper = tamper


def _other_text(site: Site) -> None:
    def tamper(message: dns.message.Message) -> None:
        for rr in [rr for rr in message.answer if rr.rdtype == TXT]:
            message.answer[message.answer.index(rr)] = rrset(str(rr.name), 300, "TXT", '"bitcoin:?lno=lno1evil"')

    site.tamper = tamper


def _is_from(site: Site, message: dns.message.Message) -> bool:
    """Whether the shop's own server says it, and not its parent's."""
    asked = message.question[0]
    return asked.name.is_subdomain(site.shop.name) and bool(message.flags & dns.flags.AA) and asked.rdtype != DS


def _without_first_denial(site: Site) -> None:
    """The first NSEC or NSEC3 of every answer is missing: each proof has a gap, or nothing left."""

    def tamper(message: dns.message.Message) -> None:
        if not _is_from(site, message):
            return
        first = next((rr.name for rr in message.authority if rr.rdtype in (NSEC, NSEC3)), None)
        message.authority[:] = [rr for rr in message.authority if rr.name != first or rr.rdtype == SOA]

    site.tamper = tamper


def _without_last_denial(site: Site) -> None:
    def tamper(message: dns.message.Message) -> None:
        if not _is_from(site, message):
            return
        last = next((rr.name for rr in reversed(message.authority) if rr.rdtype in (NSEC, NSEC3)), None)
        message.authority[:] = [rr for rr in message.authority if rr.name != last or rr.rdtype == SOA]

    site.tamper = tamper


def _denial_of_another(site: Site) -> None:
    """A true denial, of a name that nobody asked for."""
    other = site.shop.nsec_for(site.name("zzz"))

    def tamper(message: dns.message.Message) -> None:
        if _is_from(site, message):
            kept = [rr for rr in message.authority if rr.rdtype == SOA or (rr.rdtype == 46 and rr.covers == SOA)]
            if len(kept) < len(message.authority):
                message.authority[:] = [*kept, *other]

    site.tamper = tamper


def _denied_although_there(site: Site) -> None:
    """The answer is taken away, and a true denial of a neighbour put in its place."""
    there = site.name(QUESTIONS["exact"])

    def tamper(message: dns.message.Message) -> None:
        if message.question[0].name == there:
            message.answer.clear()
            message.authority[:] = [
                *site.shop.sign(site.shop.records[site.shop.name, SOA]),
                *site.shop.nsec_for(site.name("a")),
            ]

    site.tamper = tamper


def _answer_of_the_wildcard_for_the_exact(site: Site) -> None:
    """A record that exists, replaced by a wildcard's expansion: only a denial could allow that, and there is none."""
    there = site.name(QUESTIONS["exact"])
    wild = dns.rrset.from_rdata_list(site.name("*"), 300, list(rrset("x.", 300, "TXT", '"bitcoin:?lno=lno1wild"')))

    def tamper(message: dns.message.Message) -> None:
        if message.question[0].name == there:
            expanded = dns.rrset.from_rdata_list(there, 300, list(wild))
            message.answer[:] = site.shop.sign(expanded, wildcard=wild.name)
            message.authority[:] = site.shop.nsec_for(site.name("a"))

    site.tamper = tamper


def _by_the_parents_key(site: Site) -> None:
    site.shop.key, site.shop.signer = site.parent.key, site.parent.name


def _next_beyond_the_zone(site: Site) -> None:
    """NSEC that claim far more than the zone knows: everything up to its end."""

    def nsec(owner: dns.name.Name, _following: dns.name.Name, types: set[int]) -> list[dns.rrset.RRset]:
        text = " ".join(dns.rdatatype.to_text(dns.rdatatype.RdataType.make(t)) for t in sorted(types | {46, 47}))
        record = dns.rdata.from_text(IN, NSEC, f"{site.shop.name} {text}")
        return site.shop.sign(dns.rrset.from_rdata_list(owner, 60, [record]))

    site.shop.nsec = nsec  # type: ignore[method-assign,assignment]  # this zone lies


OF_RECORDS: dict[str, Damage] = {
    "TXT signature dropped": _drop(TXT),
    "denial's signature dropped": _drop(NSEC, NSEC3),
    "SOA signature dropped": _drop(SOA),
    "DNSKEY signature dropped": _drop(DNSKEY),
    "alias signatures dropped": _drop(CNAME, DNAME),
    "TXT signature wrong": _break(TXT),
    "denial's signature wrong": _break(NSEC, NSEC3),
    "SOA signature wrong": _break(SOA),
    "DNSKEY signature wrong": _break(DNSKEY),
    "alias signatures wrong": _break(CNAME, DNAME),
    "expired": _dated(NOW - 9 * DAY, NOW - 2 * DAY),
    "not yet valid": _dated(NOW + 2 * DAY, NOW + 9 * DAY),
    "ends before it begins": _dated(NOW + DAY, NOW - DAY),
    "signed as the parent": _signed_by(lambda site: site.parent.name),
    "signed as a sibling": _signed_by(lambda site: site.others[0].name),
    "signed as a name below": _signed_by(lambda site: site.name("user._bitcoin-payment")),
    "signed by the parent's key": _by_the_parents_key,
    "no denial at all": lambda site: setattr(site.shop, "drop_nsec", True),
    "first denial missing": _without_first_denial,
    "last denial missing": _without_last_denial,
    "denial of another name": _denial_of_another,
    "denied although it is there": _denied_although_there,
    "wildcard in place of the exact name": _answer_of_the_wildcard_for_the_exact,
    "another text": _other_text,
}
"""Tried in every style of denial."""

OF_TRUST: dict[str, Damage] = {
    "DS signature dropped": _in_parent("drop_signatures_of", DS),
    "DS signature wrong": _in_parent("break_signatures_of", DS),
    "parent's DNSKEY signature wrong": _in_parent("break_signatures_of", DNSKEY),
    "DS of another key": _with_ds(_foreign_ds),
    "DS with another digest": _with_ds(lambda site: cast(RR_DS, site.shop.ds().replace(digest=bytes(32)))),
    "DS with another tag": _with_ds(lambda site: cast(RR_DS, site.shop.ds().replace(key_tag=1))),
    "DS beside a foreign one": _with_ds(lambda site: site.shop.ds(), _foreign_ds),
    "DS with SHA-1 only": _with_ds(lambda site: site.shop.ds("SHA1")),
    "DS with SHA-384": _with_ds(lambda site: site.shop.ds("SHA384")),
    "DS right by SHA-1, wrong by SHA-256": _with_ds(lambda site: site.shop.ds("SHA1"), _foreign_ds),
    "DS of an algorithm nobody knows": _with_ds(lambda site: cast(RR_DS, site.shop.ds().replace(algorithm=200))),
    "DS of RSA/SHA-1": _with_ds(lambda site: cast(RR_DS, site.shop.ds().replace(algorithm=5))),
    "DS of an unknown digest": _with_ds(lambda site: cast(RR_DS, site.shop.ds().replace(digest_type=200))),
    "no DNSKEY": _without_keys,
    "key that is not for zones": _with_key(flags=1),
    "revoked key": _with_key(flags=257 | 0x80),
    "key without the SEP flag": _with_key(flags=256),
    "key of protocol 2": _with_key(protocol=2),
    "a key that vouches for itself": _key_of_its_own,
    "a second key with the same tag": _colliding(1),
    "three more keys with the same tag": _colliding(3),
    # More than that, and what unbound says depends on the order in which it tries them; ours is a unit test.
    "unsigned, no DS": _unsigned(ds=False),
    "unsigned, no DS, unproven": _unsigned(ds=False, proven=False),
    "unsigned, with a DS": _unsigned(ds=True),
}
"""Tried in one: how a zone denies has nothing to do with it."""

OF_NSEC: dict[str, Damage] = {"NSEC up to the end of the zone": _next_beyond_the_zone}


def sites() -> Iterator[tuple[str, str, Site, tuple[str, ...]]]:
    """(style, damage or algorithm, site, questions) of everything that is compared."""
    count = iter(range(10_000))
    for style, make in STYLES.items():
        yield style, "good", build(f"z{next(count)}", make), tuple(QUESTIONS)
    for algorithm in (8, 10, 14, 15):
        yield "nsec", f"algorithm {algorithm}", build(f"z{next(count)}", STYLES["nsec"], algorithm), USUAL
    for style, damages, questions in (
        ("nsec", {**OF_RECORDS, **OF_TRUST, **OF_NSEC}, USUAL),
        ("compact", OF_RECORDS, FEW),
        ("nsec3", OF_RECORDS, FEW),
    ):
        for what, damage in damages.items():
            site = build(f"z{next(count)}", STYLES[style])
            damage(site)
            yield style, what, site, questions


def world_of(found: list[Site]) -> tuple[SignedZone, SignedWorld]:
    """The root that delegates to every site, and all of it behind three addresses."""
    root, world = SignedZone(dns.name.root), SignedWorld()
    world.serve(ROOT_AT, root)
    root.add(rrset(".", 300, "NS", "a.root."))
    root.add(rrset("a.root.", 300, "A", ROOT_AT))
    tampers: dict[dns.name.Name, Callable[[dns.message.Message], None]] = {}
    for site in found:
        root.delegate(site.parent, {f"ns.{site.parent.name}": PARENTS_AT})
        world.serve(PARENTS_AT, site.parent)
        world.serve(SHOPS_AT, site.shop, *site.others)
        tampers[site.parent.name] = site.tamper

    def tamper(message: dns.message.Message) -> None:
        asked = message.question[0].name
        change = tampers.get(asked.split(2)[1]) if len(asked) > 1 else None
        if change is not None:
            change(message)

    world.tamper = tamper
    return root, world
