"""What the sandbox remembers in `<data_dir>/sandbox/state.json`: ports, serials, records, and how zones are signed.

Guarantees: a reader sees the old or the new file, never half of one; what `save` returned from survives a kill -9 of
the process (not of the machine: it is a sandbox).
"""

import enum
import os
import secrets
from pathlib import Path

import msgspec

from schemas.base import Wire


class StoredRecord(Wire, frozen=True, kw_only=True):
    """A DNS record as Cloudflare keeps it. `ttl` in seconds (1: automatic), times RFC 3339, `content` as sent."""

    id: str
    name: str
    type: str
    content: str
    ttl: int
    created_on: str
    modified_on: str
    comment: str | None = None
    proxied: bool = False


class HandRecord(Wire, frozen=True, kw_only=True):
    """A record put straight into a zone, past Cloudflare: by hand or by dynamic update.

    `content` is in zone-file form, `ttl` in seconds. A DS record stands in the parent of the zone it names.
    """

    name: str
    type: str
    content: str
    ttl: int = 300


class Announced(enum.Enum):
    """What a zone publishes as CDS and CDNSKEY (RFC 7344, RFC 8078): nothing, its keys, or that every DS may go."""

    NOTHING = "nothing"
    KEYS = "keys"
    DELETE = "delete"


class RollPhase(enum.Enum):
    """How far a self-signing zone has come with a new key (double signature, RFC 6781 §4.1.2)."""

    PUBLISHED = "published"  # both keys sign; waiting until every cache has both
    SUBMITTED = "submitted"  # CDS asks for the new DS; waiting until every parent address shows it and nothing else
    RETIRED = "retired"  # waiting until no cache has the old DS


class StoredRoll(Wire, frozen=True, kw_only=True):
    """A roll under way: in `phase` since `since` (seconds since 1970).

    `leaving` are ids of the old keys, `ds_ttl_s` is how long caches may hold their DS.
    """

    phase: RollPhase
    since: float
    leaving: tuple[str, ...]
    ds_ttl_s: int


class StoredKsk(Wire, frozen=True, kw_only=True):
    """A key-signing key in the DNSKEY RRset; `signs` the RRset, `announced` in CDS and CDNSKEY."""

    id: str
    signs: bool = True
    announced: bool = True


class StoredZone(Wire, frozen=True, kw_only=True):
    """How a zone is signed. `ttl_s` is that of DNSKEY, CDS and CDNSKEY; `modified_on` RFC 3339, null: never signed."""

    signed: bool
    ksks: tuple[StoredKsk, ...]
    announced: Announced = Announced.NOTHING
    ttl_s: int = 300
    modified_on: str | None = None
    keys_made: int = 1
    roll: StoredRoll | None = None


class Ports(Wire, frozen=True, kw_only=True):
    """Ports of last time; 0: any."""

    dns: int = 0
    resolvers: tuple[int, ...] = (0, 0, 0)
    cloudflare: int = 0
    rdap: int = 0
    control: int = 0


class State(Wire, frozen=True, kw_only=True):
    """Everything that is kept."""

    zone_id: str
    ports: Ports = Ports()
    serials: dict[str, int] = msgspec.field(default_factory=dict)
    records: tuple[StoredRecord, ...] = ()
    by_hand: tuple[HandRecord, ...] = ()
    zones: dict[str, StoredZone] = msgspec.field(default_factory=dict)


class Store:
    """The state of the sandbox in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._file = folder / "state.json"
        self.state = self._load()

    def _load(self) -> State:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=State)
        except FileNotFoundError:
            return State(zone_id=secrets.token_hex(16))

    def save(self, **changes: object) -> None:
        """Replace fields of the state and write it down."""
        self.state = msgspec.structs.replace(self.state, **changes)
        replace_file(self._file, msgspec.json.encode(self.state))

    def token(self) -> tuple[str, Path]:
        """The API token that opens the Cloudflare API, and the file it is in (made on first use)."""
        file = self.folder / "cloudflare.token"
        if not file.exists():
            replace_file(file, secrets.token_urlsafe(30).encode(), mode=0o600)
        return file.read_text(), file


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` in one step."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)


def ports_of(ports: Ports, **changes: object) -> Ports:
    """`ports` with some of them changed."""
    return msgspec.structs.replace(ports, **changes)
