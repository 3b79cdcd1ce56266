"""Decoding text by its Specific Character Set (PS3.3 section C.12.1.1.2, PS3.5 section 6.1)."""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, STAND_ALONE_ENCODINGS, python_encoding

# The default repertoire is ASCII (ISO 646); many devices write Latin-1 without a word.
_DEFAULT = codecs.lookup("latin_1").name

_ASCII_TERMS = frozenset({"", "ISO_IR 6", "ISO 2022 IR 6"})

_ESCAPE = b"\x1b"
_FRAGMENTS = re.compile(rb"^[^\x1b]+|\x1b[^\x1b]*")

# Line ends, form feed and tab switch back to the first character set (PS3.5 section 6.1.2.5.3).
_TEXT_DELIMITERS = re.compile(rb"[\t\n\f\r]")

_CODECS = {term: codecs.lookup(name).name for term, name in python_encoding.items()}
_CODEC_NAMES = frozenset(_CODECS.values())
_SWITCHES = {escape: codecs.lookup(name).name for escape, name in CODES_TO_ENCODINGS.items()}

# Python decodes these with their escape sequences, delimiters included.
_STATEFUL = frozenset({"iso2022_jp", "iso2022_jp_2"})

# `ISO IR 100`, `ISO-IR 100`, `ISO_2022_IR_6`: seen in the wild, unmistakable.
_MISSPELT = re.compile(r"ISO.(?P<extension>2022.)?IR.(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Charset:
    """The character sets of one data set, as Python's codecs."""

    codecs: tuple[str, ...]
    #: What becomes of bytes that mean nothing: `replace` shows U+FFFD, `ignore` nothing.
    errors: str = "replace"
    #: The first one is ASCII alone, of which no byte has its high bit set.
    begins_in_ascii: bool = False

    def decode(self, value: bytes) -> str:
        """Decode text; what cannot be decoded does not stop it, for an archive must still show the rest."""
        if _ESCAPE not in value:
            return self._decode_plain(value)
        return "".join(self._decode_fragment(part) for part in _FRAGMENTS.findall(value))

    def _decode_plain(self, value: bytes) -> str:
        """Decode text without escape sequences; some writers forget them, though the first set is ASCII."""
        for codec in self.codecs[1:] if self.begins_in_ascii and not value.isascii() else ():
            with suppress(UnicodeError):
                return value.decode(codec)
        return value.decode(self.codecs[0], self.errors)

    def _decode_fragment(self, fragment: bytes) -> str:
        first = self.codecs[0]
        length = 4 if fragment.startswith((b"\x1b$(", b"\x1b$)")) else 3
        codec = _SWITCHES.get(fragment[:length], "")
        try:
            if codec not in self.codecs and codec != _DEFAULT:
                return fragment.decode(first, self.errors)
            if codec in _STATEFUL:
                return fragment.decode(codec)
            text = fragment[length:]
            delimiter = _TEXT_DELIMITERS.search(text)
            stop = delimiter.start() if delimiter else len(text)
            return text[:stop].decode(codec) + text[stop:].decode(first)
        except UnicodeError:
            return fragment.decode(first, self.errors)


LATIN1 = Charset((_DEFAULT,))
"""What is read when nobody says otherwise: Orthanc's `DefaultEncoding`."""


@lru_cache(maxsize=64)  # a site uses a handful; hostile values cannot fill the memory
def charset_of(value: bytes, default: Charset = LATIN1) -> Charset:
    """The character sets that a value of (0008,0005) names; the default when it names none.

    Unknown ones count as Latin-1. So does an empty one before others, which means ASCII.
    """
    terms = [term.strip(" \0") for term in value.decode("ascii", "replace").split("\\")]
    if not any(terms):
        return default
    if terms[0] in STAND_ALONE_ENCODINGS:
        return Charset((_codec(terms[0]),))
    extensions = [term for term in terms[1:] if term not in STAND_ALONE_ENCODINGS]
    named = tuple(_codec(term) for term in [terms[0], *extensions])
    return Charset(named, begins_in_ascii=bool(extensions) and terms[0] in _ASCII_TERMS)


def _codec(term: str) -> str:
    if term in _CODECS:
        return _CODECS[term]
    if found := _MISSPELT.fullmatch(term):
        prefix = "ISO 2022 IR " if found["extension"] else "ISO_IR "
        return _CODECS.get(prefix + found["number"], _DEFAULT)
    try:
        # Some writers use the name of a codec (`UTF-8`); only codecs of the standard are taken.
        name = codecs.lookup(term).name
    except (LookupError, ValueError):
        return _DEFAULT
    return name if name in _CODEC_NAMES else _DEFAULT
