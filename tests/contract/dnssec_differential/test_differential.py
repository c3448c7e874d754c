"""The walker and unbound judge the same zones over real sockets: we never call secure what unbound does not.

Where the two differ, we are the stricter ones, and the row in `DIFFERENCES` says why. A difference without a row fails,
and so does a row that nothing shows.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import dns.name
import pytest
from dns.rdatatype import TXT
from dns.rdtypes.ANY.TXT import TXT as RR_TXT

from services.dnssec_verifier.chain.verdict import Bogus, Failure, Indeterminate, Insecure
from services.dnssec_verifier.chain.walk import Answer
from services.dnssec_verifier.proof.build import build as build_proof
from services.dnssec_verifier.proof.verify import Holds, ProofVerifier
from tests.contract.dnssec_differential.differences import DIFFERENCES
from tests.contract.dnssec_differential.judges import judges, walker_of
from tests.contract.dnssec_differential.unbound import Judged
from tests.contract.dnssec_differential.zones import QUESTIONS, Site, sites
from tests.unit.dnssec.signed_world import NOW, SignedZone

AT_LEAST = 300
AT_ONCE = 8


@dataclass(frozen=True)
class Compared:
    """One case: what both said."""

    style: str
    what: str
    question: str
    ours: Judged
    reason: str
    theirs: Judged


@pytest.mark.timeout(300)
async def test_we_never_call_secure_what_unbound_does_not(tmp_path: Path) -> None:
    compared = [case async for case in _compared(tmp_path)]
    assert len(compared) >= AT_LEAST
    wrong = [case for case in compared if case.ours.verdict == "secure" and case.ours != case.theirs]
    assert not wrong
    differing = [case for case in compared if _verdict(case.ours) != _verdict(case.theirs)]
    unexplained = [case for case in differing if not _rows(case)]
    assert not unexplained, "\n".join(map(str, unexplained))
    shown = {row for case in differing for row in _rows(case)}
    assert shown == set(range(len(DIFFERENCES))), [row for i, row in enumerate(DIFFERENCES) if i not in shown]
    # The comparison can fail only if both verdicts occur often, and on both sides.
    for verdict in ("secure", "bogus", "insecure"):
        assert sum(case.theirs.verdict == verdict for case in compared) >= 10


def _rows(case: Compared) -> list[int]:
    return [
        index for index, row in enumerate(DIFFERENCES) if row.fits(case.style, case.what, case.question, case.reason)
    ]


def _verdict(judged: Judged) -> str:
    """Not to know and not to answer are as good as bogus: unbound says SERVFAIL to both, or is still trying."""
    return "bogus" if judged.verdict in ("indeterminate", "silent") else judged.verdict


async def _compared(folder: Path) -> AsyncIterator[Compared]:
    cases = list(sites())
    async with judges(folder, [site for _, _, site, _ in cases]) as (root, unbound, port):
        room = asyncio.Semaphore(AT_ONCE)

        async def both(style: str, what: str, site: Site, questions: tuple[str, ...]) -> list[Compared]:
            async with room:
                walker = walker_of(root, port)
                found = []
                for question in questions:
                    name = site.name(QUESTIONS[question])
                    ours, theirs = await walker.resolve(name, TXT), await unbound.judge(name)
                    _provable(root, name, ours)
                    found.append(Compared(style, what, question, _ours(ours), _reason(ours), theirs))
                return found

        for several in await asyncio.gather(*(both(*case) for case in cases)):
            for case in several:
                yield case


def _ours(answer: Answer | Failure) -> Judged:
    match answer:
        case Answer(rrset=found):
            texts = frozenset(b"".join(record.strings) for record in found or () if isinstance(record, RR_TXT))
            return Judged("secure", texts)
        case Insecure():
            return Judged("insecure", frozenset())
        case Bogus():
            return Judged("bogus", frozenset())
        case Indeterminate():
            return Judged("indeterminate", frozenset())


def _reason(answer: Answer | Failure) -> str:
    return answer.reason.value if isinstance(answer, Bogus | Indeterminate) else ""


def _provable(root: SignedZone, name: dns.name.Name, answer: Answer | Failure) -> None:
    """Whatever we call present can be proven to somebody who was not there."""
    if isinstance(answer, Answer) and answer.rrset is not None:
        held = ProofVerifier([root.ds()]).verify(build_proof(answer.evidence), name, NOW)
        assert isinstance(held, Holds), (name, held)
