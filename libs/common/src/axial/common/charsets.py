"""Decoding text by its Specific Character Set (PS3.3 section C.12.1.1.2, PS3.5 section 6.1)."""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, STAND_ALONE_ENCODINGS, python_encoding

# The default repertoire is ASCII; many devices write Latin-1 without a word, and Orthanc's
# `DefaultEncoding` is Latin1, too.
_DEFAULT = codecs.lookup("latin_1").name

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

    def decode(self, value: bytes) -> str:
        """Decode text; what cannot be decoded becomes U+FFFD, for an archive must still show the rest."""
        if _ESCAPE not in value:
            return value.decode(self.codecs[0], "replace")
        return "".join(self._decode_fragment(part) for part in _FRAGMENTS.findall(value))

    def _decode_fragment(self, fragment: bytes) -> str:
        first = self.codecs[0]
        length = 4 if fragment.startswith((b"\x1b$(", b"\x1b$)")) else 3
        codec = _SWITCHES.get(fragment[:length], "")
        try:
            if codec not in self.codecs and codec != _DEFAULT:
                return fragment.decode(first, "replace")
            if codec in _STATEFUL:
                return fragment.decode(codec)
            text = fragment[length:]
            delimiter = _TEXT_DELIMITERS.search(text)
            stop = delimiter.start() if delimiter else len(text)
            return text[:stop].decode(codec) + text[stop:].decode(first)
        except UnicodeError:
            return fragment.decode(first, "replace")


@lru_cache(maxsize=64)  # a site uses a handful; hostile values cannot fill the memory
def charset_of(value: bytes) -> Charset:
    """The character sets that a value of (0008,0005) names; unknown ones count as the default."""
    terms = [term.strip(" \0") for term in value.decode("ascii", "replace").split("\\")]
    if terms[0] in STAND_ALONE_ENCODINGS:
        return Charset((_codec(terms[0]),))
    extensions = [term for term in terms[1:] if term not in STAND_ALONE_ENCODINGS]
    return Charset(tuple(_codec(term) for term in [terms[0], *extensions]))


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
