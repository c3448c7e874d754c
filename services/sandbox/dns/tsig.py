"""Transaction signatures (RFC 8945): keys in files that `nsupdate -k` reads, and messages checked before they count.

Guarantees: what `opened` returns with a key was signed with it, now; every refusal is answered as the RFC says, and
only BADTIME is answered with a signature.
"""

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.rrset
import dns.tsig
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.TSIG import TSIG

from services.sandbox.state import replace_file

ALGORITHM = "hmac-sha256"
SECRET_BYTES = 32
Keys = Mapping[Name, dns.tsig.Key]
NO_KEYS: Keys = {}


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that may be acted on; `key_name` is the key that signed it, if any."""

    message: dns.message.Message
    key_name: Name | None


@dataclass(frozen=True, slots=True)
class Denied:
    """The answer to a message whose signature does not hold."""

    wire: bytes


def load_key(file: Path, name: str) -> dns.tsig.Key:
    """The key `name` in `file`, made on first use. Its secret is for the file's owner only."""
    if not file.exists():
        secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        text = f'key "{name}" {{\n\talgorithm {ALGORITHM};\n\tsecret "{secret}";\n}};\n'
        replace_file(file, text.encode(), mode=0o600)
    secret = file.read_text().split('secret "')[1].split('"')[0]
    return dns.tsig.Key(name, secret, ALGORITHM)


def opened(wire: bytes, keys: Keys) -> Opened | Denied:
    """The message in `wire`, checked if it is signed; raises dns.exception.DNSException for bytes that are none."""
    message = dns.message.from_wire(wire, keyring=False)
    if message.tsig is None:
        return Opened(message, None)
    owner, claim = message.tsig.name, message.tsig[0]
    key = keys.get(owner)
    if key is None or key.algorithm != claim.algorithm:
        return Denied(_unsigned(message, owner, claim, Rcode.BADKEY))
    try:
        return Opened(dns.message.from_wire(wire, keyring=key), owner)
    except (dns.tsig.BadSignature, dns.tsig.PeerError):
        return Denied(_unsigned(message, owner, claim, Rcode.BADSIG))
    except dns.tsig.BadTime:
        return Denied(_late(message, key, claim))


def _unsigned(message: dns.message.Message, owner: Name, claim: TSIG, error: Rcode) -> bytes:
    """NOTAUTH with an empty MAC (RFC 8945 §5.2.1, §5.2.2)."""
    response = _notauth(message)
    response.tsig = dns.rrset.from_rdata(owner, 0, _tsig(claim, error, b""))
    return response.to_wire()


def _late(message: dns.message.Message, key: dns.tsig.Key, claim: TSIG) -> bytes:
    """NOTAUTH, signed, with the asker's time and ours (RFC 8945 §5.2.3)."""
    response = _notauth(message)
    told = _tsig(claim, Rcode.BADTIME, int(time.time()).to_bytes(6, "big"))
    wire = response.to_wire()
    signed, _ = dns.tsig.sign(wire, key, told, claim.time_signed, claim.mac)  # type: ignore[no-untyped-call]  # as below
    response.tsig = dns.rrset.from_rdata(key.name, 0, signed)
    return response.to_wire()


def _notauth(message: dns.message.Message) -> dns.message.Message:
    response = dns.message.make_response(message)
    response.set_rcode(Rcode.NOTAUTH)
    return response


def _tsig(claim: TSIG, error: Rcode, other: bytes) -> TSIG:
    return TSIG(  # type: ignore[no-untyped-call]  # dnspython leaves this constructor untyped
        RdataClass.ANY,
        RdataType.TSIG,
        claim.algorithm,
        claim.time_signed,
        claim.fudge,
        b"",
        claim.original_id,
        error,
        other,
    )
