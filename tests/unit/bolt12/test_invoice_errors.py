"""Invoice errors: what is written reads back as it was, and what breaks a rule has its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.bolt12 import InvoiceError, Message, Problem, Reason, decode_invoice_error, encode_invoice_error

ERRORS = st.builds(
    InvoiceError,
    error=st.text(max_size=60),
    erroneous_field=st.integers(0, 2**64 - 1),
    suggested_value=st.none() | st.binary(max_size=40),
    unknown=st.sampled_from([(), ((7, b""), (65537, b"x"))]),
)


@given(ERRORS)
def test_an_error_reads_back(error: InvoiceError) -> None:
    data = encode_invoice_error(error)
    assert isinstance(data, bytes), data
    assert decode_invoice_error(data) == error


@pytest.mark.parametrize(
    ("data", "reason", "tlv"),
    [
        ("", Reason.MISSING, 5),
        ("010152", Reason.MISSING, 5),
        ("03016405026e6f", Reason.MISSING, 1),
        ("0102005205026e6f", Reason.INTEGER_ZEROS, 1),
        ("0501ff", Reason.UTF8, 5),
        ("05026e6f0600", Reason.UNKNOWN_EVEN, 6),
        ("05026e", Reason.TRUNCATED_VALUE, 5),
    ],
)
def test_an_error_that_breaks(data: str, reason: Reason, tlv: int) -> None:
    assert decode_invoice_error(bytes.fromhex(data)) == Problem(reason, tlv, Message.INVOICE_ERROR)


@pytest.mark.parametrize(
    ("error", "reason", "tlv"),
    [
        (InvoiceError(error="no", suggested_value=b"x"), Reason.MISSING, 1),
        (InvoiceError(error="\ud800"), Reason.UTF8, 5),
        (InvoiceError(error="no", erroneous_field=-1), Reason.INTEGER_RANGE, 1),
        (InvoiceError(error="no", unknown=((5, b""),)), Reason.UNKNOWN_IS_KNOWN, 5),
        (InvoiceError(error="no", unknown=((6, b""),)), Reason.UNKNOWN_EVEN, 6),
    ],
)
def test_an_error_that_is_not_written(error: InvoiceError, reason: Reason, tlv: int) -> None:
    assert encode_invoice_error(error) == Problem(reason, tlv, Message.INVOICE_ERROR)
