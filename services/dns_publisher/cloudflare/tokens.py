"""The account's tokens, of which there may be two, so that one can be replaced without a call refused for it.

A token that is refused is left for the other at once, and said once. The files are read again then: a new token is put
into one of them, the old one is revoked, and nobody has to be restarted.
"""

from collections.abc import Mapping
from pathlib import Path

import structlog
from cloudflare import AsyncCloudflare

from schemas.settings import SettingError, Settings

FIRST, SECOND = "MESH_CLOUDFLARE_TOKEN_FILE", "MESH_CLOUDFLARE_SECOND_TOKEN_FILE"

log = structlog.stdlib.get_logger()


class Tokens:
    """Clients over one connection pool, each with its token; `current` is the one to use."""

    def __init__(self, client: AsyncCloudflare, files: Mapping[str, str]) -> None:
        self.current = client
        self._files = files
        self._refused: set[str] = set()

    def instead(self, refused: AsyncCloudflare) -> AsyncCloudflare | None:
        """The client to use after the token of `refused` was not accepted; None if there is no other token."""
        if refused is not self.current:
            return self.current
        token = refused.api_token or ""
        others = {setting: found for setting, found in self._read().items() if found != token}
        if token not in self._refused:
            self._refused.add(token)
            log.error("cloudflare.token-refused", going_on_with=next(iter(others), None))
        if not others:
            return None
        self.current = with_token(refused, next(iter(others.values())))
        return self.current

    def _read(self) -> dict[str, str]:
        """What the files hold now; one that cannot be read is left out, since the other may do."""
        found: dict[str, str] = {}
        for setting, path in self._files.items():
            try:
                found[setting] = read_token(path, setting)
            except SettingError as error:
                log.warning("cloudflare.token-unreadable", detail=str(error))
        return found


def tokens_of(settings: Settings) -> dict[str, str]:
    """The settings that name a token file, with the file; raises SettingError if one of them cannot be used."""
    files = {FIRST: settings.cloudflare_token_file}
    if settings.cloudflare_second_token_file:
        files[SECOND] = settings.cloudflare_second_token_file
    for setting, path in files.items():
        read_token(path, setting)
    return files


def with_token(client: AsyncCloudflare, token: str) -> AsyncCloudflare:
    """`client` with another token, over the same connections."""
    other = client.with_options(api_token=token)
    # With CLOUDFLARE_EMAIL or CLOUDFLARE_API_KEY in the environment the SDK would send that and drop the token.
    other.api_email = other.api_key = None
    return other


def read_token(path: str, setting: str) -> str:
    """The token in the file at `path`; raises SettingError, which never quotes it."""
    if not path:
        raise SettingError(setting, "must name a file")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(setting, f"cannot be read ({type(error).__name__})") from None
    if not token:
        raise SettingError(setting, "is empty")
    return token
