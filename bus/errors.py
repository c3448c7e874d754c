"""Every way the bus can refuse, as types. None of them ever carries a payload."""


class BusError(Exception):
    """Base of all errors of `bus`."""


class BusUnavailable(BusError):
    """The bus did not answer in time: the outcome of what was asked is unknown."""


class BusFull(BusUnavailable):
    """The server has no room to store it. An outage like any other to callers, and an alert to operators."""


class Undecodable(ValueError):
    """What is stored is not what its place says, and never will be: trying again cannot help."""


class BusDenied(BusError):
    """This identity may not use that subject: a mistake in the permissions table or an intruder, never a hiccup."""


class BusRefused(BusError):
    """The server understood and said no; `code` is JetStream's error number."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{description} ({code})")
        self.code = code


class ServerError(BusError):
    """The embedded nats-server could not be started, or the store belongs to another one."""


class StoreInUse(ServerError):
    """Another live server works on this store."""


class WrongLayout(ServerError):
    """The folder holds the stores of a cluster and a single server was asked for: it would start empty."""


class CopyFailed(BusError):
    """A stream could not be copied to another bus, or the copy is not the original; the original is untouched."""


class KeysMissing(BusError):
    """An identity has no readable nkey seed where the settings say it should be."""


class RotationRefused(BusError):
    """A key's rotation was told to go on before its last step was done."""
