"""`python -m services.dnssec_verifier.offline NAME < PROOF`: judge a proof by our trust anchors alone, in JSON.

Nothing is asked of anybody, not even of the bus: what it says rests on the bytes, the anchors and this host's clock.
Exit status 0 if the proof holds and may be paid, 1 if not, 2 if a setting is wrong.
"""

import os
import sys
import time

from schemas.base import encode
from schemas.proofs import MOST_PROOF_BYTES, ProofHolds, VerifyProof
from schemas.settings import SettingError, load
from services.dnssec_verifier.app import make_verifier
from services.dnssec_verifier.checking import check


def main() -> int:
    """Judge the proof on standard input."""
    try:
        verifier = make_verifier(load(os.environ))
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    proof = sys.stdin.buffer.read(MOST_PROOF_BYTES + 1)
    answer = check(verifier, VerifyProof(name="".join(sys.argv[1:2]), proof=proof), time.time())
    sys.stdout.buffer.write(encode(answer) + b"\n")
    return 0 if isinstance(answer, ProofHolds) else 1


if __name__ == "__main__":
    sys.exit(main())
