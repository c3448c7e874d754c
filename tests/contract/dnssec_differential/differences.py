"""Where the walker and unbound 1.17 to 1.22 differ, and why: in every row we are the stricter of the two."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Empty text fits everything. `reason` is ours; `why` explains."""

    style: str
    what: str
    question: str
    reason: str
    why: str

    def fits(self, style: str, what: str, question: str, reason: str) -> bool:
        """Whether this row explains such a case."""
        pairs = ((self.style, style), (self.what, what), (self.question, question), (self.reason, reason))
        return all(wanted in ("", given) for wanted, given in pairs)


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        style="nsec3-150-iterations",
        what="good",
        question="",
        reason="too-many-nsec3-iterations",
        why="RFC 9276 asks for none; unbound takes 150, we stop at 100 and say that we do not know",
    ),
    Difference(
        style="nsec3-2000-iterations",
        what="good",
        question="",
        reason="too-many-nsec3-iterations",
        why="unbound calls what it will not hash insecure (RFC 5155 §10.3); to us it is unknown, which pays no better",
    ),
    Difference(
        style="",
        what="revoked key",
        question="",
        reason="ds-mismatch",
        why="unbound reads the REVOKE flag in trust anchors only (RFC 5011); to us such a key vouches for nothing",
    ),
    Difference(
        style="",
        what="DS right by SHA-1, wrong by SHA-256",
        question="",
        reason="ds-mismatch",
        why="a SHA-1 DS counts only where there is nothing better (RFC 4509 §3, BIP 353); unbound takes either",
    ),
    Difference(
        style="",
        what="DS of RSA/SHA-1",
        question="",
        reason="",
        why="BIP 353 forbids SHA-1 signatures, so the zone counts as unsigned; unbound misses a key of that algorithm",
    ),
)
