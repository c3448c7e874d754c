"""The files with which this process reaches Greenlight; a missing one is refused at start, naming its setting."""

from dataclasses import dataclass
from pathlib import Path

from schemas.settings import SettingError, Settings
from services.node_manager.greenlight.channels import Channels, Identity
from services.node_manager.greenlight.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Access:
    """Open (lazily) towards Greenlight until closed."""

    channels: Channels
    scheduler: Scheduler

    async def close(self) -> None:
        """Close every connection."""
        await self.channels.close()


def access(settings: Settings) -> Access:
    """Channels and scheduler as `settings` say; raises SettingError for a file that cannot be read."""
    channels = Channels(_read("MESH_GL_CA", settings.gl_ca))
    certificate = _read("MESH_GL_NOBODY_CERT", settings.gl_nobody_cert)
    developer = Identity(certificate, _read("MESH_GL_NOBODY_KEY", settings.gl_nobody_key))
    scheduler = Scheduler(channels, settings.gl_scheduler_uri, developer, settings.node_call_timeout_s)
    return Access(channels, scheduler)


def _read(setting: str, path: str) -> bytes:
    if not path:
        raise SettingError(setting, "must name a PEM file; Greenlight cannot be reached without it")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingError(setting, f"the file cannot be read ({error.strerror})") from None
