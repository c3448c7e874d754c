"""Do our trust anchors still vouch for the root? Looked at when the process starts and every hour, and said aloud.

Anchors that fit no key make every chain bogus: an operator has to hear that at once, not from payers. The root changes
its keys every few years (RFC 5011), so what fitted yesterday may not fit tomorrow.
"""

import asyncio
from typing import assert_never

import structlog

from services.dnssec_verifier.chain.verdict import Bogus, Indeterminate, Insecure
from services.dnssec_verifier.chain.walker import Walker
from services.dnssec_verifier.explain import explain

AGAIN_S = 3600.0
AGAIN_SOON_S = 30.0
"""After a look that found no trust, or nobody to ask."""

log = structlog.stdlib.get_logger()


async def check_trust(walker: Walker) -> str:
    """One look, logged: `trusted`, `broken` or `unknown`."""
    found = await walker.vouching()
    match found:
        case tuple():
            log.info("anchors.trusted", vouching=sorted(found))
            return "trusted"
        case Bogus() | Insecure():
            log.error("anchors.broken", verdict=str(found), detail=explain(found))
            return "broken"
        case Indeterminate():
            log.warning("anchors.unknown", verdict=str(found), detail=explain(found))
            return "unknown"
        case _ as never:
            assert_never(never)


async def watch_trust(walker: Walker, state: str) -> None:
    """Look again for ever; `state` is what the last look found."""
    while True:
        await asyncio.sleep(AGAIN_S if state == "trusted" else AGAIN_SOON_S)
        state = await check_trust(walker)
