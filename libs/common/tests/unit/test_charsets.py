"""Text in the character sets of DICOM."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import python_encoding

from axial.common.charsets import charset_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("named", "value", "text"),
    [
        (b"", b"CITIZEN^Jos\xe9", "CITIZEN^José"),
        (b"ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
        (b"ISO_IR 192 ", "Wang^XiaoDong=王^小東".encode(), "Wang^XiaoDong=王^小東"),
        (b"GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (b"ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
        # PS3.5 section H.3.1: names in Japanese, three times the same.
        (
            b"\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        # PS3.5 section I.2: Korean, in a set that needs its escape sequence only to announce itself.
        (
            b"\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        # PS3.5 section K.2: Chinese, likewise.
        (
            b"\\ISO 2022 IR 58",
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
            "Zhang^XiaoDong=张^小东",
        ),
        # JIS X 0212, the supplementary set.
        (b"\\ISO 2022 IR 159", b"\x1b$(D^L\x1b(B", "譔"),
        # Writers that forget the escape sequences: ASCII has no such bytes.
        (b"\\ISO 2022 IR 58", b"Zhang=\xd5\xc5^\xd0\xa1", "Zhang=张^小"),
        (b"ISO 2022 IR 6\\ISO 2022 IR 149", b"\xc8\xab", "홍"),
        (b"\\ISO 2022 IR 149", b"Jos\xe9", "José"),
        (b"ISO 2022 IR 100\\ISO 2022 IR 126", b"Jos\xe9", "José"),
    ],
)
def test_text_is_decoded_as_its_character_set_says(named: bytes, value: bytes, text: str) -> None:
    """The examples of the standard, and the sets without code extensions."""
    assert charset_of(named).decode(value) == text


@pytest.mark.parametrize("named", [b"ISO IR 100", b"ISO-IR 100", b"ISO_2022_IR_100", b"latin-1"])
def test_unmistakable_misspellings_are_understood(named: bytes) -> None:
    """A wrong separator, or the name of a codec, does not lose the text."""
    assert charset_of(named) == charset_of(b"ISO_IR 100")


@pytest.mark.parametrize("named", [b"idna", b"rot13", b"undefined", b"ISO_IR 999", b"\xff\0"])
def test_what_is_no_character_set_counts_as_the_default(named: bytes) -> None:
    """Python's other codecs, some of them slow or not even text, cannot be chosen from outside."""
    assert charset_of(named) == charset_of(b"")


def test_a_set_without_code_extensions_stands_alone() -> None:
    """Further sets beside UTF-8 or GB18030 are ignored (PS3.3 section C.12.1.1.2)."""
    assert charset_of(b"ISO_IR 192\\ISO 2022 IR 87") == charset_of(b"ISO_IR 192")
    assert charset_of(b"ISO 2022 IR 6\\GB18030") == charset_of(b"ISO 2022 IR 6")


def test_a_line_end_switches_back_to_the_first_set() -> None:
    """A text need not return to the first set before a line ends (PS3.5 section 6.1.2.5.3)."""
    charset = charset_of(b"ISO 2022 IR 100\\ISO 2022 IR 126")
    assert charset.decode(b"\x1b-F\xc4\r\n\xc4") == "Δ\r\nÄ"


@given(named=st.binary(max_size=40), value=st.binary(max_size=200))
def test_nothing_fails(named: bytes, value: bytes) -> None:
    """Whatever bytes come, a text comes out that UTF-8 can hold."""
    charset_of(named).decode(value).encode()


@given(
    terms=st.lists(st.sampled_from(sorted(python_encoding)), min_size=1, max_size=3),
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=8), st.sampled_from([b"\x1b$B", b"\x1b(B", b"\x1b$)C", b"\x1b-F"])
        )
    ),
)
def test_nothing_fails_amid_escape_sequences(terms: list[str], pieces: list[bytes]) -> None:
    """Escape sequences in any order, before any bytes, never raise."""
    charset_of("\\".join(terms).encode()).decode(b"".join(pieces)).encode()
