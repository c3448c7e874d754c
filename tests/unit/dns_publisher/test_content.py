"""TXT content: whatever quoting and chunking the provider gives back means the same bytes."""

import dns.rdata
import pytest
from dns.rdtypes.ANY.TXT import TXT
from hypothesis import given
from hypothesis import strategies as st

from services.dns_publisher.cloudflare.content import payload, quoted

URIS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=900)


@given(URIS)
def test_quoted_content_comes_back(uri: str) -> None:
    assert payload(quoted(uri)) == uri.encode()


@given(URIS)
def test_quoted_content_is_zone_file_text(uri: str) -> None:
    """An independent reader agrees, and no character-string is longer than DNS allows."""
    record = dns.rdata.from_text("IN", "TXT", quoted(uri))
    assert isinstance(record, TXT)
    assert b"".join(record.strings) == uri.encode()
    assert max(map(len, record.strings)) <= 255


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1).filter(lambda t: '"' not in t))
def test_bare_content_is_read_as_it_is(text: str) -> None:
    assert payload(text) == text.encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('"bitcoin:?lno=" "lno1xyz"', b"bitcoin:?lno=lno1xyz"),
        ('"bitcoin:?lno=""lno1xyz"', b"bitcoin:?lno=lno1xyz"),
        (' "a b" ', b"a b"),
        (r'"a\"b\\c\065"', rb'a"b\cA'),
        ('""', b""),
    ],
)
def test_other_quotings(content: str, expected: bytes) -> None:
    assert payload(content) == expected


@given(st.text(max_size=300))
def test_nothing_makes_the_reader_fail(content: str) -> None:
    payload(content)


@pytest.mark.parametrize("uri", ["bitcoin:?lno=ſ", "bitcoin:?\n"])
def test_only_printable_ascii_is_written(uri: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        quoted(uri)
