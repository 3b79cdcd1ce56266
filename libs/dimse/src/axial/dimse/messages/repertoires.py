"""Character sets in which a data set can be written (PS3.5 section 6.1, PS3.3 section C.12.1.1.2)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# After any of these the first character set holds again (PS3.5 section 6.1.2.5.3).
_DELIMITERS = re.compile(r"([\\^=\t\n\f\r])")
_ASCII_ESCAPE = b"\x1b(B"


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """The characters that one defined term stands for."""

    codec: str
    #: What switches to it; empty for what stands alone.
    escape: bytes = b""
    #: In place of ASCII, rather than beside it.
    replaces_ascii: bool = False

    def write(self, character: str) -> bytes | None:
        """Write one character, without any escape; None when it is not in this set."""
        try:
            written = character.encode(self.codec)
        except UnicodeError:
            return None
        if self.replaces_ascii:
            # Python's codec switches to and fro by itself.
            is_in = written.startswith(self.escape)
            return written[len(self.escape) : -len(_ASCII_ESCAPE)] if is_in else None
        # Of JIS X 0201 the single bytes only: the codec knows Kanji as well.
        return None if self.codec == "shift_jis" and len(written) > 1 else written


ASCII = CharacterSet("ascii", _ASCII_ESCAPE)

_ALONE = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
# By the number of their registration.
_BY_NUMBER = {
    "6": ASCII,
    "13": CharacterSet("shift_jis", b"\x1b)I"),
    "58": CharacterSet("gb2312", b"\x1b$)A"),
    "87": CharacterSet("iso2022_jp", b"\x1b$B", replaces_ascii=True),
    "100": CharacterSet("latin_1", b"\x1b-A"),
    "101": CharacterSet("iso8859_2", b"\x1b-B"),
    "109": CharacterSet("iso8859_3", b"\x1b-C"),
    "110": CharacterSet("iso8859_4", b"\x1b-D"),
    "126": CharacterSet("iso8859_7", b"\x1b-F"),
    "127": CharacterSet("iso8859_6", b"\x1b-G"),
    "138": CharacterSet("iso8859_8", b"\x1b-H"),
    "144": CharacterSet("iso8859_5", b"\x1b-L"),
    "148": CharacterSet("iso8859_9", b"\x1b-M"),
    "149": CharacterSet("euc_kr", b"\x1b$)C"),
    "159": CharacterSet("iso2022_jp_2", b"\x1b$(D", replaces_ascii=True),
    "166": CharacterSet("tis_620", b"\x1b-T"),
}
# These are only ever switched to.
_EXTENSIONS = frozenset({"58", "87", "149", "159"})


@dataclass(frozen=True, slots=True)
class Repertoire:
    """A value of Specific Character Set, and what can be written with it."""

    term: str
    sets: tuple[CharacterSet, ...]

    def fits(self, text: str) -> bool:
        """Tell whether a text can be written without loss."""
        return text.isascii() or all(
            character.isascii() or self._find(character) for character in set(text)
        )

    def write(self, text: str) -> bytes:
        """Write a text that fits."""
        if text.isascii():
            return text.encode()
        if len(self.sets) == 1:
            return text.encode(self.sets[0].codec)
        return b"".join(self._component(part) for part in _DELIMITERS.split(text))

    def _component(self, text: str) -> bytes:
        """Write what stands between two delimiters: it begins and ends in the first character set."""
        written = bytearray()
        beside, replaces_ascii = self.sets[0], False
        for character in text:
            if character.isascii():
                written += (_ASCII_ESCAPE if replaces_ascii else b"") + character.encode()
                replaces_ascii = False
                continue
            found = self._find(character)
            assert found is not None, "what is written was found to fit"
            chosen, raw = found
            if chosen.replaces_ascii:
                # Two of them may follow one another: each is named again.
                written += chosen.escape
                replaces_ascii = True
            else:
                written += _ASCII_ESCAPE if replaces_ascii else b""
                written += chosen.escape if chosen is not beside else b""
                beside, replaces_ascii = chosen, False
            written += raw
        return bytes(written) + (_ASCII_ESCAPE if replaces_ascii else b"")

    def _find(self, character: str) -> tuple[CharacterSet, bytes] | None:
        for each in self.sets:
            if (raw := each.write(character)) is not None:
                return each, raw
        return None


UTF_8 = Repertoire("ISO_IR 192", (CharacterSet("utf-8"),))
"""Takes everything."""

# By Orthanc's names.
_DEFAULT_ENCODINGS = {
    "Ascii": "ISO_IR 6",
    "Utf8": "ISO_IR 192",
    "Latin1": "ISO_IR 100",
    "Latin2": "ISO_IR 101",
    "Latin3": "ISO_IR 109",
    "Latin4": "ISO_IR 110",
    "Latin5": "ISO_IR 148",
    "Cyrillic": "ISO_IR 144",
    "Arabic": "ISO_IR 127",
    "Greek": "ISO_IR 126",
    "Hebrew": "ISO_IR 138",
    "Thai": "ISO_IR 166",
    "Japanese": "ISO_IR 13",
    "Chinese": "GB18030",
    # These extend ASCII, which has no term of its own.
    "Korean": "\\ISO 2022 IR 149",
    "JapaneseKanji": "\\ISO 2022 IR 87",
    "SimplifiedChinese": "\\ISO 2022 IR 58",
}
# DICOM does not know it, hence without a term.
_WINDOWS_1251 = Repertoire("", (CharacterSet("cp1251"),))


def repertoires(asked: str, default_encoding: str) -> tuple[Repertoire, ...]:
    """Name those in which an answer may be written, the best first: the question's own, Orthanc's, any."""
    return tuple(dict.fromkeys(_preferred(asked, default_encoding)))


def _preferred(asked: str, default_encoding: str) -> Iterator[Repertoire]:
    if asked and (known := repertoire_of(asked)):
        yield known
    if term := _DEFAULT_ENCODINGS.get(default_encoding):
        known = repertoire_of(term)
        assert known is not None, "the terms above are known"
        yield known
    else:
        yield _WINDOWS_1251
    yield UTF_8


@lru_cache(maxsize=64)  # a site uses a handful; hostile values cannot fill the memory
def repertoire_of(value: str) -> Repertoire | None:
    """Read a value of Specific Character Set; None when it is none in which can be written."""
    terms = tuple(term.strip() for term in value.split("\\"))
    if len(terms) == 1 and (codec := _ALONE.get(terms[0])):
        return Repertoire(terms[0], (CharacterSet(codec),))
    sets = []
    for place, term in enumerate(terms):
        number = term.removeprefix("ISO 2022 IR ").removeprefix("ISO_IR ") if term else "6"
        if number not in _BY_NUMBER or (place == 0 and number in _EXTENSIONS):
            return None
        sets.append(_BY_NUMBER[number])
    return Repertoire("\\".join(terms), tuple(sets))


def choose(some: Sequence[Repertoire], text: str) -> Repertoire:
    """Choose the first that a text fits; the last takes everything."""
    return next(each for each in some if each.fits(text))
