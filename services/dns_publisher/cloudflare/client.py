"""The SDK's client with the options it needs here; the only place that sees the token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloudflare import AsyncCloudflare

from schemas.settings import SettingError, Settings
from services.dns_publisher.cloudflare.call import Line
from services.dns_publisher.cloudflare.limiter import Limiter


class Cloudflare:
    """The SDK's client, and the line its calls go through."""

    def __init__(self, client: AsyncCloudflare, deadline_s: float) -> None:
        self.client = client
        self.line = Line(Limiter(), deadline_s)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Cloudflare]:
    """The client for as long as the block runs; raises SettingError if there is no token."""
    client = AsyncCloudflare(
        api_token=read_token(settings.cloudflare_token_file),
        base_url=settings.cloudflare_base_url,
        timeout=settings.cloudflare_timeout_s,
        max_retries=0,  # it would repeat a POST, and ignore a Retry-After above 60 s
    )
    client.api_email = None  # with CLOUDFLARE_EMAIL in the environment the SDK would drop the token
    async with client:
        yield Cloudflare(client, settings.cloudflare_timeout_s)


def read_token(path: str) -> str:
    """The token in the file at `path`; raises SettingError, which never quotes it."""
    if not path:
        raise SettingError("MESH_CLOUDFLARE_TOKEN_FILE", "must name a file")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("MESH_CLOUDFLARE_TOKEN_FILE", f"cannot be read ({type(error).__name__})") from None
    if not token:
        raise SettingError("MESH_CLOUDFLARE_TOKEN_FILE", "is empty")
    return token
