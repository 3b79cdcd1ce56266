"""Character sets in which answers are written, read back by those who read files."""

import pytest
from pydicom.charset import convert_encodings, decode_bytes

from axial.common.charsets import charset_of
from axial.common.encodings import ENCODINGS
from axial.dimse.messages.repertoires import UTF_8, choose, repertoire_of, repertoires

# Where the first character set holds again, for pydicom's reader; ours has its own.
DELIMITERS = {ord("^"), ord("="), ord("\\")}

WRITABLE = [
    ("ISO_IR 6", "Smith^John"),
    ("ISO_IR 100", "Müller^Jörg"),
    ("ISO_IR 101", "Łukasz^Ż"),
    ("ISO_IR 109", "Ħal"),
    ("ISO_IR 110", "Šķēle"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 144", "Иванов^Иван"),
    ("ISO_IR 148", "Çavuşoğlu"),
    ("ISO_IR 166", "ไทย"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("ISO_IR 192", "김희중 Łukasz 山田"),
    ("GB18030", "王^小东"),
    ("GBK", "王^小东"),
    ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 87", "A山b田^c"),
    ("\\ISO 2022 IR 87\\ISO 2022 IR 159", "丂山丂^山"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", "Müller Люк ü"),
    ("\\ISO 2022 IR 100\\ISO 2022 IR 126", "Äneas\\Διον é"),
]


@pytest.mark.parametrize(("term", "text"), WRITABLE)
def test_what_is_written_can_be_read(term: str, text: str) -> None:
    """Whoever reads by the Specific Character Set gets what was written: our reader, and pydicom."""
    repertoire = repertoire_of(term)
    assert repertoire is not None
    assert repertoire.term == term
    assert repertoire.fits(text)
    written = repertoire.write(text)
    assert charset_of(term.encode()).decode(written) == text
    # pydicom shows the escape sequence of ISO-IR 58 (PS3.5 annex K) as text.
    if "IR 58" not in term:
        assert decode_bytes(written, convert_encodings(term.split("\\")), DELIMITERS) == text


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ISO_IR 6", "Müller"),
        ("ISO_IR 100", "Łukasz"),
        ("ISO_IR 13", "山"),
        ("\\ISO 2022 IR 87", "é"),
        ("\\ISO 2022 IR 149", "ไทย"),
        ("\\ISO 2022 IR 87\\ISO 2022 IR 159", "한"),
    ],
)
def test_what_does_not_fit(term: str, text: str) -> None:
    """A text that would lose characters does not fit; an unnamed first character set is ASCII alone."""
    repertoire = repertoire_of(term)
    assert repertoire is not None
    assert not repertoire.fits(text)


@pytest.mark.parametrize(
    "value", ["FOO", "ISO_IR 999", "ISO 2022 IR 87", "ISO_IR 192\\ISO 2022 IR 87", "\\GBK", "utf-8"]
)
def test_unusable_values(value: str) -> None:
    """A value that the standard does not allow is none in which an answer is written."""
    assert repertoire_of(value) is None


def test_the_best_comes_first() -> None:
    """An answer is written as the question was; else as Orthanc does; else in UTF-8, never with loss."""
    some = repertoires("ISO_IR 144", "Latin1")
    assert [each.term for each in some] == ["ISO_IR 144", "ISO_IR 100", "ISO_IR 192"]
    assert choose(some, "Иван").term == "ISO_IR 144"
    assert choose(some, "Müller").term == "ISO_IR 100"
    assert choose(some, "山田") is UTF_8
    assert repertoires("nonsense", "Utf8") == (UTF_8,)
    assert repertoires("", "Windows1251")[0].write("Иван") == "Иван".encode("cp1251")
    assert repertoires("", "Windows1251")[0].term == ""


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_default_encoding(name: str) -> None:
    """Every `DefaultEncoding` is one in which answers can be written."""
    first = repertoires("", name)[0]
    text = {"Japanese": "ﾔﾏﾀﾞ"}.get(name, "A")
    assert ENCODINGS[name].decode(first.write(text)) == text
