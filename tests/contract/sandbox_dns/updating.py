"""Sending dynamic updates, as a client that holds one of the sandbox's keys."""

import dns.asyncquery
import dns.message
import dns.name
import dns.tsig
import dns.update
from dns.rcode import Rcode

from services.sandbox.dns.updater import PARENT, PUBLISHER

from .asking import TIMEOUT_S, Running

SHOP_ZONE, TEST_ZONE = "shop.test.", "test."


def key(running: Running, name: dns.name.Name = PUBLISHER) -> dns.tsig.Key:
    """One of the sandbox's keys."""
    return running.world.updater.keys[name]


def txt_update(running: Running, zone: str = SHOP_ZONE) -> dns.update.UpdateMessage:
    """An empty update signed with the publisher's key."""
    return dns.update.UpdateMessage(zone, keyring=key(running))


def ds_update(running: Running) -> dns.update.UpdateMessage:
    """An empty update of `test.` signed with the parent's key."""
    return dns.update.UpdateMessage(TEST_ZONE, keyring=key(running, PARENT))


async def send(running: Running, message: dns.message.Message, at: str = "127.0.0.3", *, tcp: bool = True) -> Rcode:
    """The response code; the answer's signature has been checked by the client."""
    transport = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    answer = await transport(message, at, TIMEOUT_S, running.addresses.port)
    assert answer.had_tsig == message.had_tsig
    return answer.rcode()


async def set_ds(running: Running, *texts: str, ttl: int = 300, zone: str = SHOP_ZONE) -> None:
    """Make `texts` the DS RRset of `zone` at its parent."""
    message = ds_update(running)
    message.delete(zone, "DS")
    for text in texts:
        message.add(zone, ttl, "DS", text)
    assert await send(running, message, "127.0.0.2") is Rcode.NOERROR
