"""Cloudflare's error answers, as a table of code, HTTP status and text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error: HTTP status, Cloudflare's code, text. `cause` puts it into the chain of a 1004."""

    status: int
    code: int
    message: str
    cause: bool = False


ERRORS = {
    "no-auth": ErrorRow(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"),
    "bad-header": ErrorRow(400, 6003, "Invalid request headers"),
    "bad-token": ErrorRow(403, 9109, "Invalid access token"),
    "no-permission": ErrorRow(403, 10000, "Authentication error"),
    "no-zone": ErrorRow(404, 7003, "Could not route to this path, perhaps your object identifier is invalid?"),
    "no-record": ErrorRow(404, 81044, "Record does not exist."),
    "identical": ErrorRow(400, 81058, "An identical record already exists."),
    "exists": ErrorRow(400, 81057, "Record already exists."),
    "address-conflict": ErrorRow(400, 81053, "An A, AAAA, or CNAME record with that host already exists."),
    "alias-conflict": ErrorRow(400, 81054, "A CNAME record with that host already exists."),
    "quota": ErrorRow(400, 81045, "Record quota exceeded."),
    "too-long": ErrorRow(400, 9015, "DNS record content is too long."),
    "together-too-long": ErrorRow(400, 83011, "The combined content of the TXT records at this name is too long."),
    "batch-too-big": ErrorRow(400, 81046, "Too many changes in one batch."),
    "not-json": ErrorRow(400, 9207, "Request body is invalid."),
    "dnssec-status": ErrorRow(400, 1004, "DNSSEC status must be active or disabled."),
    "dnssec-plan": ErrorRow(403, 1004, "Your plan does not offer this DNSSEC feature."),
    "dnssec-not-disabled": ErrorRow(400, 1004, "DNSSEC must be disabled before it can be deleted."),
    "rate-limited": ErrorRow(429, 971, "Please wait and consider throttling your request speed"),
    "name": ErrorRow(400, 9000, "DNS name is invalid.", cause=True),
    "type": ErrorRow(400, 9004, "Invalid or missing record type.", cause=True),
    "content": ErrorRow(400, 9007, "Content for this record is invalid.", cause=True),
    "ttl": ErrorRow(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for automatic.", cause=True),
    "tags": ErrorRow(400, 9300, "DNS record has tags, exceeding the quota of 0.", cause=True),
    "comment": ErrorRow(400, 9301, "DNS record comment is too long or not on one line.", cause=True),
}


class Refused(Exception):
    """The API does not do what was asked, for the reason in row `reason` of `ERRORS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.row = ERRORS[reason]


def envelope(result: object, **info: object) -> dict[str, object]:
    """A successful answer around `result`."""
    return {"success": True, "errors": [], "messages": [], "result": result, **info}


def failure(code: int, message: str, chain: list[dict[str, object]] | None = None) -> dict[str, object]:
    """An unsuccessful answer."""
    error: dict[str, object] = {"code": code, "message": message}
    if chain:
        error["error_chain"] = chain
    return {"success": False, "errors": [error], "messages": [], "result": None}


def refusal(row: ErrorRow) -> dict[str, object]:
    """The answer for `row`: validation errors hide in the chain of a 1004."""
    if row.cause:
        return failure(1004, "DNS Validation Error", [{"code": row.code, "message": row.message}])
    return failure(row.code, row.message)
