"""Every problem a user can meet, as one table: stable code, HTTP status, title, whether retrying helps (RFC 9457)."""

from schemas.base import Wire


class Problem(Wire, frozen=True, kw_only=True):
    """One row: `status` is the HTTP status when the code is answered directly to a request."""

    code: str
    status: int
    title: str
    retryable: bool = False


_ROWS = (
    # the request itself
    Problem(code="not-found", status=404, title="There is nothing at this address"),
    Problem(code="method-not-allowed", status=405, title="This address does not take that method"),
    Problem(code="body-too-large", status=413, title="The request body is larger than we accept"),
    Problem(code="unsupported-media-type", status=415, title="The body must be application/json"),
    Problem(code="malformed-json", status=400, title="The body is not valid JSON in UTF-8"),
    Problem(code="invalid-body", status=422, title="The body does not have the shape this call needs"),
    Problem(code="idempotency-key-missing", status=400, title="This call needs an Idempotency-Key header"),
    Problem(code="idempotency-conflict", status=422, title="This Idempotency-Key was used with another body"),
    Problem(code="bad-request", status=400, title="The request could not be understood"),
    Problem(code="request-timeout", status=408, title="The request did not arrive in time", retryable=True),
    Problem(code="headers-too-large", status=431, title="The request's headers are larger than we accept"),
    Problem(code="too-many-sockets", status=429, title="You have too many sockets and streams open", retryable=True),
    Problem(code="edge-leaving", status=503, title="This edge is shutting down; go on at another", retryable=True),
    Problem(code="bus-unavailable", status=503, title="The message bus cannot be reached", retryable=True),
    Problem(code="internal", status=500, title="Something went wrong on our side", retryable=True),
    # who asks
    Problem(code="auth-missing", status=401, title="This call needs NIP-98 authorization, or a session to read by"),
    Problem(code="auth-malformed", status=401, title="The Authorization header is not a NIP-98 event"),
    Problem(code="auth-wrong-kind", status=401, title="The NIP-98 event is not of kind 27235"),
    Problem(code="auth-wrong-url", status=401, title="The NIP-98 event is for another URL"),
    Problem(code="auth-wrong-method", status=401, title="The NIP-98 event is for another method"),
    Problem(code="auth-wrong-payload", status=401, title="The NIP-98 event does not cover this body"),
    Problem(code="auth-wrong-time", status=401, title="The NIP-98 event is too old or from the future", retryable=True),
    Problem(code="auth-bad-signature", status=401, title="The NIP-98 event's id or signature is wrong"),
    Problem(code="auth-replayed", status=401, title="This NIP-98 event was used before", retryable=True),
    Problem(code="auth-session-over", status=401, title="The session is over; begin a new one with a NIP-98 event"),
    Problem(code="auth-key-unknown", status=401, title="The API key is unknown or was revoked"),
    Problem(code="not-an-operator", status=403, title="Only operators of this mesh may do that"),
    Problem(code="too-many-calls", status=429, title="You call more often than an operator may", retryable=True),
    Problem(code="too-many-sessions", status=429, title="You have too many sessions", retryable=True),
    # reading events
    Problem(code="too-many-devices", status=429, title="You have too many named cursors; delete one"),
    Problem(code="sequence-unknown", status=422, title="Your log does not reach that sequence"),
    Problem(code="cursor-unknown", status=404, title="You have no such cursor"),
    # requests put on the bus by another service
    Problem(code="request-unknown", status=404, title="We take no such request"),
    Problem(code="request-mismatch", status=422, title="The request was sent to the subject of another one"),
    Problem(code="owner-mismatch", status=403, title="The request's public key is not its owner's"),
    Problem(code="request-stale", status=422, title="The request is too old or from the future", retryable=True),
    # seeds and nodes
    Problem(
        code="sealing-key-unknown",
        status=409,
        title="No node-manager holds that sealing key; fetch the keys again",
        retryable=True,
    ),
    Problem(code="sealed-box-invalid", status=422, title="The sealed box does not open or is bound to something else"),
    Problem(code="mnemonic-invalid", status=422, title="The mnemonic is not valid BIP-39 (words, length or checksum)"),
    Problem(code="no-node-manager", status=503, title="No node-manager is running", retryable=True),
    Problem(code="seed-lost", status=409, title="What you sent is no longer in memory; send it again", retryable=True),
    Problem(code="device-unknown", status=409, title="We hold no such device; ask for one again", retryable=True),
    Problem(code="device-answer-invalid", status=422, title="The device's answer does not fit what was asked"),
    Problem(code="cln-access-invalid", status=422, title="That is no way to reach a Core Lightning that we may use"),
    Problem(code="pairing-pending", status=409, title="Your wallet has not approved the pairing yet", retryable=True),
    Problem(code="pairing-lost", status=409, title="The pairing ended unapproved; begin again", retryable=True),
    Problem(code="scheduler-unavailable", status=503, title="The node scheduler cannot be reached", retryable=True),
    Problem(code="registration-refused", status=422, title="The node scheduler refused the registration"),
    Problem(code="node-boot-timeout", status=504, title="The node did not come up in time", retryable=True),
    Problem(code="node-unknown", status=404, title="You have no such node"),
    Problem(code="node-in-use", status=409, title="A name or an offer of yours pays the node; move it or end it first"),
    Problem(code="node-self-hosted", status=409, title="The node is yours to start and stop"),
    Problem(code="node-leaving", status=409, title="The node is being deleted"),
    Problem(code="node-paying", status=409, title="The node has payments on their way", retryable=True),
    Problem(code="node-stuck", status=504, title="The node runs but does not answer", retryable=True),
    Problem(code="node-behind", status=409, title="The node is behind the chain: it waits for its signer"),
    Problem(code="hook-unknown", status=404, title="We asked for no such webhook, or its secret has not signed it"),
    Problem(code="balance-unknown", status=404, title="The node's balance was not read yet", retryable=True),
    Problem(code="signer-detached", status=409, title="The node's signer is not attached", retryable=True),
    Problem(
        code="node-rights-missing",
        status=409,
        title="The node was registered before that was possible; register it again",
    ),
    Problem(code="node-error", status=502, title="The node answered with an error"),
    # names and offers
    Problem(code="username-invalid", status=422, title="The username breaks a rule"),
    Problem(code="username-reserved", status=422, title="The username is reserved"),
    Problem(code="username-confusable", status=422, title="The username could be mistaken for a reserved one"),
    Problem(code="domain-unknown", status=422, title="We do not publish names in that domain"),
    Problem(code="name-taken", status=409, title="The name belongs to somebody else"),
    Problem(code="too-many-names", status=409, title="You hold as many names as one owner may; give one up"),
    Problem(
        code="too-many-registrations",
        status=429,
        title="You have begun as many registrations as a day may see",
        retryable=True,
    ),
    Problem(code="name-quarantined", status=409, title="The name was given up and rests before somebody may have it"),
    Problem(code="name-owned", status=409, title="The name belongs to a seller, and only they may change it"),
    Problem(code="name-busy", status=409, title="Another operation is changing the name", retryable=True),
    Problem(
        code="name-expiring",
        status=409,
        title="What the name paid was about to expire, and its record had to go first; ask again",
        retryable=True,
    ),
    Problem(code="name-paused", status=409, title="The name pays nothing: its offer expired; give it a new one"),
    Problem(code="name-not-yours", status=403, title="The name belongs to somebody else, and only they may change it"),
    Problem(code="name-unknown", status=404, title="There is no such name"),
    Problem(code="name-ambiguous", status=502, title="More than one payment record stands at the name"),
    Problem(code="uri-invalid", status=422, title="The payment URI is not valid BIP 321"),
    Problem(code="offer-invalid", status=422, title="The offer is not valid BOLT 12"),
    Problem(code="invoice-request-invalid", status=422, title="The invoice request is not valid BOLT 12"),
    Problem(code="invoice-invalid", status=422, title="The invoice is not valid BOLT 12, or not the one asked for"),
    Problem(code="invoice-error-invalid", status=502, title="The answer instead of an invoice is not valid BOLT 12"),
    Problem(code="invoice-expired", status=422, title="The invoice has expired; ask for another", retryable=True),
    Problem(
        code="offer-without-path",
        status=422,
        title="The offer has no blinded path and its node is not announced, so nobody could pay it",
        retryable=True,
    ),
    Problem(code="offer-wrong-chain", status=422, title="The offer is for another chain"),
    Problem(
        code="offer-expires-too-soon", status=422, title="The offer expires before its record would be gone from caches"
    ),
    Problem(code="offer-unknown", status=404, title="You have no such offer"),
    Problem(code="offer-terms-invalid", status=422, title="No offer can have those terms"),
    Problem(code="offer-differs", status=502, title="The node made another offer than was asked for"),
    Problem(
        code="offer-exists",
        status=409,
        title="Another offer on the node says exactly the same; ask for another description or end",
    ),
    Problem(code="offer-busy", status=409, title="Another operation is changing the offer", retryable=True),
    Problem(code="offer-changed", status=409, title="The offer is not at that revision any more; look at it again"),
    Problem(code="offer-named", status=409, title="A name pays the offer; rotate the name, or give it up first"),
    Problem(code="offer-is-disabled", status=409, title="The offer is disabled; enable it first"),
    Problem(code="offer-not-disabled", status=409, title="The offer is not disabled"),
    Problem(code="offer-used", status=409, title="The offer was for a single use, and was used"),
    Problem(code="offer-for-one-use", status=409, title="An offer for a single use cannot be changed; make another"),
    Problem(code="offer-expired", status=409, title="The offer has expired; change it to say a later time"),
    Problem(code="too-many-offers", status=409, title="You have as many offers as one owner may; disable one"),
    Problem(code="order-taken", status=409, title="An offer of yours that is not over has that order id"),
    # payments
    Problem(code="payee-invalid", status=422, title="Nobody can be paid by that text"),
    Problem(code="bolt11-invalid", status=422, title="The invoice is not valid BOLT 11"),
    Problem(code="payee-unpayable", status=422, title="The name's instructions hold no offer that we could pay"),
    Problem(code="quantity-missing", status=422, title="The offer is sold by number; say how many"),
    Problem(code="quantity-invalid", status=422, title="The payee does not sell that many"),
    Problem(code="amount-missing", status=422, title="The payee leaves the amount open; say how much"),
    Problem(code="amount-differs", status=422, title="The payee asks for another amount"),
    Problem(code="invoice-unknown", status=404, title="You have no such invoice"),
    Problem(code="invoice-differs", status=502, title="The node made another invoice than was asked for"),
    Problem(code="invoice-wrong-chain", status=422, title="The invoice is for another chain"),
    Problem(
        code="invoice-unavailable", status=504, title="The payee gave us no invoice; nothing moved", retryable=True
    ),
    Problem(code="invoice-refused", status=502, title="The payee would not give us an invoice; nothing moved"),
    Problem(code="payments-paused", status=409, title="Too much of yours is on its way unknown", retryable=True),
    Problem(code="too-many-payments", status=429, title="You have too many payments on their way", retryable=True),
    Problem(code="balance-insufficient", status=409, title="The node cannot send that much now", retryable=True),
    Problem(code="payment-busy", status=409, title="Another payment of yours pays that invoice", retryable=True),
    Problem(code="payment-uncertain", status=409, title="It is not known yet whether the payment arrived; look again"),
    Problem(code="payment-no-route", status=502, title="The payee cannot be reached at this amount", retryable=True),
    Problem(code="payment-fee-too-high", status=502, title="Every way there costs more than the limit"),
    Problem(code="payment-refused", status=502, title="The payee refused the payment"),
    Problem(code="payment-declined", status=502, title="The owner's signer declined the payment"),
    Problem(code="payment-gave-up", status=502, title="The node gave the payment up", retryable=True),
    Problem(code="payment-failed", status=502, title="The payment failed; nothing was paid", retryable=True),
    Problem(code="payment-settled-late", status=409, title="A payment that was called failed was paid after all"),
    Problem(code="payment-unknown", status=404, title="You have no such payment"),
    # dns
    Problem(code="zone-unknown", status=404, title="We do not publish in that domain"),
    Problem(code="dns-rate-limited", status=503, title="The DNS provider asked us to wait", retryable=True),
    Problem(code="dns-refused", status=502, title="The DNS provider refused the record"),
    Problem(code="dns-quota", status=507, title="The DNS zone is full"),
    Problem(code="dns-credentials", status=502, title="The DNS provider does not accept our token or key"),
    Problem(code="dns-unavailable", status=503, title="The DNS provider cannot be reached", retryable=True),
    Problem(code="dns-drift", status=409, title="The record was changed at its provider, not by us"),
    Problem(code="record-unknown", status=404, title="We publish no record under that name"),
    Problem(code="dns-foreign-record", status=409, title="Records that are not ours stand at the name"),
    Problem(
        code="dns-not-propagated", status=504, title="Not every authoritative server shows the record", retryable=True
    ),
    Problem(code="dnssec-bogus", status=502, title="The DNSSEC chain of the name does not hold"),
    Problem(code="dnssec-insecure", status=502, title="The zone of the name is not signed"),
    Problem(code="dnssec-indeterminate", status=503, title="The DNSSEC chain could not be checked", retryable=True),
    # signing zones
    Problem(code="zone-not-ours", status=404, title="We do not sign a zone of that name"),
    Problem(code="zone-busy", status=409, title="Another operation is changing the zone", retryable=True),
    Problem(code="zone-held", status=409, title="The zone is held; resume it first", retryable=True),
    Problem(code="zone-has-ds", status=409, title="The parent has a DS for the zone already"),
    Problem(code="zone-has-no-ds", status=409, title="The parent has no DS for the zone, or not one that holds"),
    Problem(
        code="zone-parent-unsigned", status=409, title="The parent zone is not signed, so a DS would prove nothing"
    ),
    Problem(
        code="zone-gate-closed", status=504, title="What has to be seen before the next step was not", retryable=True
    ),
    Problem(code="zone-ds-conflict", status=409, title="Somebody else changed the DS at the parent"),
    Problem(code="zone-locked", status=409, title="The registry or the registrar has locked the domain"),
    # webhooks
    Problem(code="webhook-unknown", status=404, title="You have no such webhook"),
    Problem(code="webhook-url-invalid", status=422, title="The webhook's URL breaks a rule"),
    Problem(code="webhook-url-refused", status=422, title="We do not send to that URL"),
    Problem(code="webhook-events-invalid", status=422, title="The webhook's event patterns break a rule"),
    Problem(code="webhook-limit", status=409, title="You have as many webhooks as you may have"),
    Problem(code="webhook-disabled", status=409, title="The webhook is disabled; enable it first"),
    Problem(code="webhooks-unavailable", status=503, title="Webhooks are not set up on this mesh", retryable=True),
    Problem(code="delivery-unknown", status=404, title="You have no such delivery"),
    # life of an operation
    Problem(code="operation-unknown", status=404, title="You have no such operation"),
    Problem(code="operation-cancelled", status=409, title="The operation was cancelled by its owner"),
    Problem(code="operation-past-pivot", status=409, title="The operation can no longer be taken back"),
    Problem(code="step-timeout", status=504, title="A step took longer than it may", retryable=True),
    Problem(code="failed-dirty", status=500, title="The operation failed and could not be fully taken back"),
)

PROBLEMS: dict[str, Problem] = {row.code: row for row in _ROWS}
"""Problem rows by code."""
