"""A process that asks for 32 messages and takes none: to be killed. Arguments: identity, stream, durable."""

import asyncio
import json
import os
import sys

from bus.client.connection import connect
from bus.client.pull import EXPIRES_S
from bus.client.spelling import NANO
from schemas import settings

ASKED = 32


async def ask(identity: str, stream: str, durable: str) -> None:
    """Ask, say so on stdout, and hang."""
    bus = await connect(settings.load(os.environ), identity)
    inbox = bus.nc.new_inbox()
    await bus.nc.subscribe(inbox)
    request = {"batch": ASKED, "expires": int(EXPIRES_S * NANO)}
    await bus.nc.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}", json.dumps(request).encode(), reply=inbox)
    await bus.flush()
    sys.stdout.write("asked\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(ask(*sys.argv[1:]))
