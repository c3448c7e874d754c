"""Which account each identity lives in, and what crosses from one account to another: derived from the permissions.

Subject permissions alone do not hold on JetStream: whoever may ask anything of a stream also chooses where the answer
goes, and the server delivers it there with rights of its own. A stored `{}` read back to `$JS.API.STREAM.DELETE.LEDGER`
deletes the ledger; a stored fact read back to `saga.…` forges one. So the streams live in APP, whose only user is the
deploy tool, and every other identity has an account of its own that imports exactly what it may publish and hear. An
answer can go nowhere but into the asker's own account: the most it reaches is what the asker could have sent itself.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bus.tables import subjects
from bus.tables.identities import APP_IDENTITIES, SEC_IDENTITIES
from bus.tables.permissions import API, permissions_of
from bus.tables.streams import matches

APP, SEC, SYS = "APP", "SEC", "SYS"
ROOT = "topology"
"""The one user inside APP: it makes and changes streams, and no service runs as it."""

_MANY_ANSWERS = (f"{API}.DIRECT.GET.", f"{API}.CONSUMER.MSG.NEXT.")


@dataclass(frozen=True, slots=True)
class Crossing:
    """`subject` of account `owner`, offered to `users` (accounts). `many`: one request may have many answers."""

    subject: str
    owner: str
    many: bool = False
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """One account: who its users are, what it offers, what it takes. Services are asked, streams are heard."""

    name: str
    identities: tuple[str, ...]
    jetstream: bool = False
    services: tuple[Crossing, ...] = ()
    streams: tuple[Crossing, ...] = ()
    asks: tuple[Crossing, ...] = ()
    hears: tuple[Crossing, ...] = ()


@functools.cache
def accounts() -> tuple[Account, ...]:
    """Every account but SYS."""
    guests = tuple(identity for identity in APP_IDENTITIES if identity != ROOT)
    served = tuple(_served())
    asks = {guest: tuple(_asks(guest, served)) for guest in guests}
    hears = {guest: tuple(_hears(guest)) for guest in guests}
    streams = _offered(APP, hears)
    return (
        Account(APP, (ROOT,), jetstream=True, services=_offered(APP, asks), streams=streams),
        *(
            Account(guest, (guest,), services=_offered(guest, asks), asks=asks[guest], hears=hears[guest])
            for guest in guests
        ),
        Account(SEC, SEC_IDENTITIES),
    )


def _offered(owner: str, taken: dict[str, tuple[Crossing, ...]]) -> tuple[Crossing, ...]:
    found: dict[str, Crossing] = {}
    for user, crossings in taken.items():
        for crossing in crossings:
            if crossing.owner == owner:
                before = found.get(crossing.subject, crossing)
                found[crossing.subject] = Crossing(crossing.subject, owner, crossing.many, (*before.users, user))
    return tuple(found[subject] for subject in sorted(found))


def _asks(guest: str, served: Iterable[tuple[str, str]]) -> Iterator[Crossing]:
    # Without this the server gives the account its own whole API, which answers everything with "not enabled", first.
    yield Crossing(f"{API}.INFO", APP)
    for subject in permissions_of(guest).publish:
        owner = next((name for name, answered in served if matches(answered, subject)), APP)
        yield Crossing(subject, owner, subject.startswith(_MANY_ANSWERS))


def _hears(guest: str) -> Iterator[Crossing]:
    answered = set(_answered(guest))
    for subject in permissions_of(guest).subscribe:
        if not _is_inbox(subject) and subject not in answered:
            yield Crossing(subject, APP)


def _served() -> Iterator[tuple[str, str]]:
    """(identity, subject) of every request that is answered by an identity and not by the server."""
    for identity in APP_IDENTITIES:
        yield from ((identity, subject) for subject in _answered(identity))


def _answered(identity: str) -> Iterator[str]:
    """What `identity` hears as requests to itself; what its mirrors hear comes from the server."""
    allowed, mirrored = permissions_of(identity), subjects.mirrored(identity, "*")
    if allowed.answers:
        yield from (subject for subject in allowed.subscribe if subject != mirrored and not _is_inbox(subject))


def _is_inbox(subject: str) -> bool:
    """Whether answers come on `subject`, which stays within an account."""
    return subject.startswith("_INBOX.")
