"""What a server's response codes mean for us, as one table; what is not in it may or may not have been done.

SERVFAIL is left out on purpose: BIND and Knot answer it for a journal that could not be written as well as for one that
was written and not signed, so the name has to be read again.
"""

import dns.exception
import dns.tsig
from dns.rcode import Rcode

from services.dns_publisher.provider.answers import Meaning, Refused, Unknown

MEANINGS: dict[Rcode, Meaning] = {
    Rcode.NXDOMAIN: Meaning.CHANGED,
    Rcode.YXDOMAIN: Meaning.CHANGED,
    Rcode.NXRRSET: Meaning.CHANGED,
    Rcode.YXRRSET: Meaning.CHANGED,
    Rcode.REFUSED: Meaning.CREDENTIALS,
    Rcode.NOTAUTH: Meaning.ZONE,
    Rcode.NOTZONE: Meaning.ZONE,
    Rcode.FORMERR: Meaning.INVALID,
    Rcode.NOTIMP: Meaning.INVALID,
}
"""The first four say that somebody was faster; REFUSED that the key may not do this, NOTAUTH that the server has no
such zone (with a TSIG error beside it, it is the key: `refusal_of`)."""


def meaning_of(rcode: Rcode) -> Refused | Unknown:
    """What an answer with `rcode`, which is not NOERROR, means."""
    meaning = MEANINGS.get(rcode)
    text = f"the server answered {Rcode.to_text(rcode)}"
    return Unknown(text) if meaning is None else Refused(meaning, text)


def refusal_of(error: Exception) -> Refused | Unknown:
    """What it means that no answer was to be had: a server that did not accept our signature did nothing."""
    if isinstance(error, dns.tsig.PeerError):
        return Refused(Meaning.CREDENTIALS, f"the server does not accept our key ({type(error).__name__})")
    return Unknown(f"no answer that counts ({type(error).__name__}: {error})"[:200])
