"""A request that no operation came of: body of `refused.<op>` (stream REFUSED) and of the news `op.<op>.refused`."""

from schemas.base import Wire
from schemas.ids import Owner


class RequestRefused(Wire, frozen=True, kw_only=True):
    """Why the request at INGRESS sequence `seq` was not taken; what stood under `op` before it stands as it did.

    `op` is the last token of the subject that was asked on, or a digest of the whole subject where that token could
    stand in no subject of ours. `code` is a problem code, `detail` says which rule and never repeats what was sent.
    `at` is when the request was stored (RFC 3339 UTC), `sha256` lower-case hex over its exact bytes, and `owner` whose
    it was, once that much of it could be believed.
    """

    op: str
    seq: int
    code: str
    detail: str
    at: str
    sha256: str
    owner: Owner | None = None
