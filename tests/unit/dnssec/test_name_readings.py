"""What a look at a live name says of its DNS and of its chain: every kind of trouble, and luck told from the end."""

import pytest

from schemas.health import FINE, WHAT_TO_DO, HealthState
from services.dnssec_verifier.chain.span import Span
from services.dnssec_verifier.propagation.examine import Sound
from services.dnssec_verifier.propagation.trouble import Kind, Trouble
from services.dnssec_verifier.upkeep.judge import readings


def test_a_sound_name_is_fine() -> None:
    sound = Sound(probes=(), span=Span(0, 9, 9), zones=(".",), at=1.0, negative_ttl_s=2)
    assert readings(sound) == (FINE, FINE)


@pytest.mark.parametrize(
    ("kind", "right", "servers", "dns", "dnssec"),
    [
        (Kind.NOT_PROPAGATED, 0, 2, "down", "ok"),
        (Kind.NOT_PROPAGATED, 1, 2, "degraded", "ok"),
        (Kind.FOREIGN, 0, 2, "down", "ok"),
        (Kind.BOGUS, 1, 2, "ok", "degraded"),
        (Kind.BOGUS, 0, 2, "ok", "down"),
        (Kind.BOGUS, 0, 0, "unknown", "down"),
        (Kind.INSECURE, 0, 0, "unknown", "down"),
        (Kind.UNKNOWN, 0, 0, "unknown", "unknown"),
    ],
)
def test_every_kind_of_trouble_says_what_it_means_and_what_to_do(
    kind: Kind, right: int, servers: int, dns: HealthState, dnssec: HealthState
) -> None:
    of_dns, of_chain = readings(Trouble(kind, "why", right, servers))
    assert (of_dns.state, of_chain.state) == (dns, dnssec)
    assert {of_dns.reason, of_chain.reason} <= set(WHAT_TO_DO)
