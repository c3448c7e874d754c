"""The account at Cloudflare: the SDK's clients with the options they need here, and what every call goes through."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cloudflare import AsyncCloudflare

from schemas.settings import Settings
from services.dns_publisher.cloudflare.limiter import Limiter
from services.dns_publisher.cloudflare.tokens import FIRST, Tokens, read_token, tokens_of, with_token
from services.dns_publisher.provider.limits import Limits


@dataclass(frozen=True, slots=True)
class Cloudflare:
    """The account: its `tokens`, the limiter, what replicas tell each other, and a deadline for a call in seconds."""

    tokens: Tokens
    limiter: Limiter
    limits: Limits
    deadline_s: float

    @property
    def client(self) -> AsyncCloudflare:
        """The SDK's client with the token in use."""
        return self.tokens.current


@asynccontextmanager
async def connected(settings: Settings, limits: Limits | None = None) -> AsyncIterator[Cloudflare]:
    """The account for as long as the block runs, alone if there are no `limits`; SettingError if there is no token."""
    files = tokens_of(settings)
    client = AsyncCloudflare(
        api_token=read_token(files[FIRST], FIRST),
        base_url=settings.cloudflare_base_url,
        timeout=settings.cloudflare_timeout_s,
        max_retries=0,  # it would repeat a POST, and ignore a Retry-After above 60 s
    )
    async with client:
        tokens = Tokens(with_token(client, client.api_token or ""), files)
        yield Cloudflare(tokens, Limiter(), limits or Limits(None, time.time), settings.cloudflare_timeout_s)
