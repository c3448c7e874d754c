"""Invoice errors (BOLT 12): why somebody did not answer a request with an invoice, or would not pay one."""

from typing import Final

import msgspec

from schemas.bolt12.bigsize import read_tu64
from schemas.bolt12.layout import Field, Layout, Section, write_stream
from schemas.bolt12.reasons import Message, Problem, Reason, Refused
from schemas.bolt12.tlv import read_stream
from schemas.bolt12.values import as_it_is, read_text, write_bytes, write_number, write_text

ERRONEOUS_FIELD, SUGGESTED_VALUE, ERROR = 1, 3, 5


class InvoiceError(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side says, in words nobody has checked: `error`, and the type and a better value of one field.

    None means the field is absent. `unknown` are odd fields we do not know: (type, value).
    """

    error: str
    erroneous_field: int | None = None
    suggested_value: bytes | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()


def decode_invoice_error(data: bytes) -> InvoiceError | Problem:
    """The error behind a TLV stream, or the first rule it breaks."""
    try:
        (said,) = _LAYOUT.read(data, read_stream(data))
        if "error" not in said:
            raise Refused(Reason.MISSING, ERROR)
        if "suggested_value" in said and "erroneous_field" not in said:
            raise Refused(Reason.MISSING, ERRONEOUS_FIELD)
        return InvoiceError(**said)  # type: ignore[arg-type]  # each row of the section reads what its field holds
    except Refused as refused:
        return refused.problem(Message.INVOICE_ERROR)


def encode_invoice_error(error: InvoiceError) -> bytes | Problem:
    """The TLV stream of `error`, or the first rule it breaks."""
    try:
        data = write_stream(_SECTION.records(error))
    except Refused as refused:
        return refused.problem(Message.INVOICE_ERROR)
    found = decode_invoice_error(data)
    return found if isinstance(found, Problem) else data


_SECTION: Final = Section(
    (range(1 << 64),),
    {
        ERRONEOUS_FIELD: Field("erroneous_field", read_tu64, write_number),
        SUGGESTED_VALUE: Field("suggested_value", as_it_is, write_bytes),
        ERROR: Field("error", read_text, write_text),
    },
)
_LAYOUT: Final = Layout(_SECTION)
