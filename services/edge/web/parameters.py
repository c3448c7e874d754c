"""Headers and other values that more than one call takes or gives, each described once."""

from typing import Annotated

from msgspec import Meta

from schemas.frames import Device, Sequence
from schemas.ids import ID_PATTERN
from services.edge.views.operations import OperationView
from services.edge.web.call import Gives, Parameter

NAME = Parameter("path", "name", "`user@domain`, with or without the leading ₿, in any case")

OPERATION_ID = Parameter("path", "id", "an operation", Annotated[str, Meta(pattern=ID_PATTERN)])

NODE_ID = Parameter("path", "id", "one of your nodes: its compressed public key, 66 hex")

DEVICE = Parameter("query", "device", "where the caller reads, in its own words; `after` moves its cursor", Device)

CURSOR = Parameter("path", "device", "the device whose cursor it is", Device)

AFTER = Parameter("query", "after", "the last sequence the client has; absent: after its device's cursor", Sequence)

LIMIT = Parameter("query", "limit", "events it takes at once", Annotated[int, Meta(ge=1, le=500)])

LAST_EVENT_ID = Parameter("header", "Last-Event-ID", "like `after`, and newer: what `EventSource` sends", Sequence)

IDEMPOTENCY_KEY = Parameter(
    "header",
    "Idempotency-Key",
    "the same key again is the same operation, whatever happened to the first answer",
    Annotated[str, Meta(pattern=r"\A[\x21-\x7e]{1,255}\Z")],
    required=True,
    problems=("idempotency-key-missing", "idempotency-conflict"),
)

PREFER = Parameter(
    "header", "Prefer", "`wait=N`: rather wait up to N seconds (at most 30) than ask again (RFC 7240); else ignored"
)

IF_NONE_MATCH = Parameter("header", "If-None-Match", "entity tags the client has; with `Prefer`, wait for any other")

DEMANDED_REVISION = Parameter("header", "X-Revision", "answer with nothing older than this revision")

LOCATION = Parameter("header", "Location", "where the operation stands", required=True)

ETAG = Parameter("header", "ETag", "changes whenever the operation does", required=True)

PREFERENCE_APPLIED = Parameter("header", "Preference-Applied", "the wait that was granted")

RETRY_AFTER = Parameter("header", "Retry-After", "seconds after which asking again may tell more", int)

REVISION = Parameter("header", "X-Revision", "a revision that a later read, from any edge, can demand")

OPERATION_HEADERS = (LOCATION, ETAG, PREFERENCE_APPLIED, RETRY_AFTER, REVISION)

ACCEPTED = Gives(202, OperationView, "stored, and the operation as it stands", OPERATION_HEADERS)
"""What every mutation answers: the request is on disk and will be acted on."""
