"""Logs of every process: one JSON object a line on stderr, with a last guard against secrets.

No caller may log a secret; should one slip through all the same, values under telling names and texts that look like
a key are replaced before the line is written.
"""

import logging
import re
import sys
from collections.abc import MutableMapping

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "<redacted>"
_TELLING = frozenset(
    (
        *("seed", "mnemonic", "rune", "preimage", "private", "credential", "credentials"),
        *("secret", "password", "passphrase", "authorization", "nsec"),
    )
)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_LOOKS_SECRET = re.compile(
    r"\bS[UAO][A-Z2-7]{56}\b|\bnsec1[02-9ac-hj-np-z]{58}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)


def configure(service: str, level: str) -> structlog.stdlib.BoundLogger:
    """Set up logging for this process and return its logger; libraries' own logs take the same way from `warning`
    up."""
    logging.captureWarnings(True)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _named(service),
                redact,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("bus", "services", service):
        logging.getLogger(ours).setLevel(level.upper())
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(service)
    return logger


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: `event` without what looks like a secret, at any depth."""
    return {key: _clean(key, value) for key, value in event.items()}


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def _clean(key: object, value: object) -> object:
    if _TELLING.intersection(word.lower() for word in _WORDS.findall(str(key))):
        return REDACTED
    match value:
        case str():
            return _LOOKS_SECRET.sub(REDACTED, value)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case MutableMapping():
            return {name: _clean(name, inner) for name, inner in value.items()}
        case list() | tuple():
            return [_clean("", inner) for inner in value]
    return value
