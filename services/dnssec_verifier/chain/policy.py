"""What we accept and how much work a stranger may cause (RFC 8624, RFC 9276, KeyTrap CVE-2023-50387)."""

from dataclasses import dataclass, field

from services.dnssec_verifier.chain.verdict import BogusReason, IndeterminateReason, bogus, indeterminate

SHA1 = 1


@dataclass(frozen=True, slots=True)
class Policy:
    """Accepted algorithms and limits of one walk. `rsa_bits`: BIP 353 forbids less than 1024.

    Several TLDs (`.ninja` of the BIP's own vectors among them) still sign with RSA-1024: 2048 would call them bogus.
    Keys beyond `rsa_bits_most` (RFC 3110) or with larger exponents than validators take only cost a verifier time.
    """

    algorithms: frozenset[int] = frozenset({8, 10, 13, 14, 15})
    digests: frozenset[int] = frozenset({2, 4})
    rsa_bits: int = 1024
    rsa_bits_most: int = 4096
    rsa_exponent_bits: int = 35
    skew_s: int = 0
    keys_per_tag: int = 4
    keys: int = 32
    signatures_per_rrset: int = 8
    records: int = 200
    signatures: int = 40
    zones: int = 20
    aliases: int = 16
    checks: int = 80
    queries: int = 120
    servers: int = 26
    address_depth: int = 3
    nsec3_iterations: int = 100
    hashes: int = 300


@dataclass(slots=True)
class Budget:
    """What one walk has used up: the only mutable thing in it."""

    policy: Policy
    checks: int = field(default=0)
    queries: int = field(default=0)
    hashes: int = field(default=0)

    def spend_check(self, where: object) -> None:
        """One signature check more; raises Stop when there were too many."""
        self.checks += 1
        if self.checks > self.policy.checks:
            raise bogus(BogusReason.TOO_MANY_SIGNATURES, where)

    def spend_hash(self, where: object) -> None:
        """One NSEC3 hash more; raises Stop when there were too many (CVE-2023-50868)."""
        self.hashes += 1
        if self.hashes > self.policy.hashes:
            raise bogus(BogusReason.TOO_MANY_HASHES, where)

    def spend_query(self, where: object) -> None:
        """One question more; raises Stop when there were too many."""
        self.queries += 1
        if self.queries > self.policy.queries:
            raise indeterminate(IndeterminateReason.TOO_MANY_QUERIES, where)


@dataclass(frozen=True, slots=True)
class Inspection:
    """The terms of one walk: `now` in unix seconds, the policy and the budget."""

    now: float
    policy: Policy
    budget: Budget


def inspection(now: float, policy: Policy) -> Inspection:
    """Terms for a new walk at `now`."""
    return Inspection(now, policy, Budget(policy))
