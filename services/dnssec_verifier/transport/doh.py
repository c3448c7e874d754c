"""DNS over HTTPS (RFC 8484): one question to one resolver, certificate checked, with a deadline; silence is a value."""

import ssl
from dataclasses import dataclass

import dns.exception
import dns.message
import httpx

from services.dnssec_verifier.transport.query import Mute, Silence

MEDIA_TYPE = "application/dns-message"
MOST_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class HttpsServer:
    """A resolver behind `url`. `ca_file`: who may sign its certificate; empty: the usual authorities."""

    url: str
    ca_file: str = ""

    def __str__(self) -> str:
        return self.url


async def query_https(
    server: HttpsServer, message: dns.message.Message, timeout_s: float
) -> dns.message.Message | Silence:
    """The answer of `server` to `message` within `timeout_s`."""
    message.id = 0  # so that a cache in between can answer (RFC 8484 §4.1)
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    try:
        trust = ssl.create_default_context(cafile=server.ca_file or None)
        async with httpx.AsyncClient(verify=trust, timeout=timeout_s, trust_env=False) as client:
            answer = await client.post(server.url, content=message.to_wire(), headers=headers)
        usable = answer.status_code == httpx.codes.OK and answer.headers.get("content-type") == MEDIA_TYPE
        if not usable or len(answer.content) > MOST_BYTES:
            return Silence(Mute.MALFORMED)
        found = dns.message.from_wire(answer.content)
        return found if found.question == message.question else Silence(Mute.MALFORMED)
    except httpx.TimeoutException:
        return Silence(Mute.TIMEOUT)
    except dns.exception.DNSException:
        return Silence(Mute.MALFORMED)
    except (httpx.HTTPError, OSError, httpx.InvalidURL):
        return Silence(Mute.REFUSED)
