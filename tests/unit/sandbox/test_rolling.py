"""A zone that rolls by itself: at no moment can a cache hold a DS or DNSKEY that would make it bogus."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.dns.roller import MARGIN_S, advance
from services.sandbox.state import Announced, RollPhase, StoredKsk, StoredRoll, StoredZone

OLD, NEW = StoredKsk(id="ksk"), StoredKsk(id="ksk2", announced=False)


def rolling(ttl_s: int, ds_ttl_s: int) -> StoredZone:
    roll = StoredRoll(phase=RollPhase.PUBLISHED, since=0.0, leaving=("ksk",), ds_ttl_s=ds_ttl_s)
    return StoredZone(signed=True, ksks=(OLD, NEW), announced=Announced.KEYS, ttl_s=ttl_s, keys_made=2, roll=roll)


@given(
    ttl_s=st.integers(0, 20),
    ds_ttl_s=st.integers(0, 20),
    lag_s=st.floats(0, 5),
    steps=st.lists(st.floats(0.01, 10), min_size=1, max_size=60),
    parent_delay=st.integers(1, 10),
)
def test_no_cache_is_ever_left_behind(
    ttl_s: int, ds_ttl_s: int, lag_s: float, steps: list[float], parent_delay: int
) -> None:
    """`lag_s` behind, secondaries; the parent needs `parent_delay` looks at CDS before it follows."""
    zone, now, looks = rolling(ttl_s, ds_ttl_s), 0.0, 0
    ds_changed = None
    for step in steps:
        now += step
        roll = zone.roll
        if roll is None:
            break
        if [ksk.id for ksk in zone.ksks if ksk.announced] == ["ksk2"]:
            assert now >= ttl_s + lag_s  # every cache has the new key before a DS may point at it alone
            looks += 1
            if looks == parent_delay:
                ds_changed = now
        zone = advance(zone, roll, now, lag_s, parent_has_new=ds_changed is not None)
        if "ksk" not in {ksk.id for ksk in zone.ksks}:
            assert ds_changed is not None
            assert now >= ds_changed + ds_ttl_s + lag_s  # no cache has the old DS any more
            assert [ksk.id for ksk in zone.ksks] == ["ksk2"]
        assert all(ksk.signs for ksk in zone.ksks)


def test_a_roll_waits_for_the_parent_for_ever() -> None:
    zone = rolling(1, 1)
    assert zone.roll is not None
    zone = advance(zone, zone.roll, 2 + MARGIN_S, 0.0, parent_has_new=False)
    assert zone.roll is not None
    assert zone.roll.phase is RollPhase.SUBMITTED
    assert advance(zone, zone.roll, 1e9, 0.0, parent_has_new=False) == zone


def test_the_old_key_goes_last() -> None:
    zone = msgspec.structs.replace(rolling(1, 10))
    now = 0.0
    phases = []
    while zone.roll is not None:
        phases.append((zone.roll.phase, len(zone.ksks)))
        now += 100
        zone = advance(zone, zone.roll, now, 0.0, parent_has_new=True)
    assert phases == [(RollPhase.PUBLISHED, 2), (RollPhase.SUBMITTED, 2), (RollPhase.RETIRED, 2)]
    assert [ksk.id for ksk in zone.ksks] == ["ksk2"]
