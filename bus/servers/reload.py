"""Telling a running nats-server who is who now: new accounts into its configuration, then SIGHUP by pid.

Connections of keys that still stand are kept; those of a key that was struck out are closed by the server.
"""

import os
import signal
from pathlib import Path

from bus.errors import ServerError
from bus.secrets.keys import PublicKeys
from bus.servers import store_lock
from bus.servers.config import with_accounts

CONFIG = "nats.conf"


def rewrite(config: Path, public: PublicKeys) -> None:
    """Replace the accounts in the file `config` as a whole; ServerError if it is not a configuration of ours."""
    try:
        text = with_accounts(config.read_text(encoding="ascii"), public)
    except (OSError, ValueError) as error:
        raise ServerError(f"cannot rewrite {config.name}: {type(error).__name__}") from None
    draft = config.with_name(f"{config.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding="ascii")
    draft.replace(config)


def reload_embedded(folder: Path, public: PublicKeys) -> tuple[int, ...]:
    """Rewrite and reload every embedded server that lives in or under `folder`; their process ids."""
    reloaded = []
    for record_file in sorted(folder.rglob(store_lock.RECORD)):
        record = store_lock.read_record(record_file.parent)
        if record is not None and store_lock.alive(record.server, record.server_mark):
            rewrite(record_file.parent / CONFIG, public)
            os.kill(record.server, signal.SIGHUP)
            reloaded.append(record.server)
    return tuple(reloaded)
