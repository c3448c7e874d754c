"""TXT content: the same bytes are the same content, in whatever form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.cloudflare.text import ContentForm, quote, shown, strings

URI = "bitcoin:?lno=" + "a" * 400


def test_bare_text_is_cut_into_strings() -> None:
    assert strings(URI) == [URI[:255].encode(), URI[255:].encode()]


def test_quoted_strings_stay_as_they_are() -> None:
    assert strings('"one" "two"') == [b"one", b"two"]


@pytest.mark.parametrize("content", ["", " padded", 'half"quoted', '"open', '"closed" open', "dé", r'"\999"'])
def test_what_is_no_content(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        strings(content)


@given(st.binary(min_size=1, max_size=900))
def test_every_quoted_form_means_the_same_bytes(data: bytes) -> None:
    content = f'"{quote(data)}"'
    for form in (ContentForm.QUOTED, ContentForm.RECHUNKED, ContentForm.AS_SENT):
        assert b"".join(strings(shown(content, form))) == data


def test_unquoted_form_is_the_plain_text() -> None:
    assert shown(f'"{URI[:255]}" "{URI[255:]}"', ContentForm.UNQUOTED) == URI
