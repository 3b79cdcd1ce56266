"""The character sets that Orthanc's option `DefaultEncoding` can name."""

from collections.abc import Mapping
from types import MappingProxyType

from axial.common.charsets import LATIN1, Charset, charset_of

ENCODINGS: Mapping[str, Charset] = MappingProxyType(
    {
        # As in Orthanc, what is not ASCII is left out.
        "Ascii": Charset(("ascii",), errors="ignore"),
        "Utf8": charset_of(b"ISO_IR 192"),
        "Latin1": LATIN1,
        "Latin2": charset_of(b"ISO_IR 101"),
        "Latin3": charset_of(b"ISO_IR 109"),
        "Latin4": charset_of(b"ISO_IR 110"),
        "Latin5": charset_of(b"ISO_IR 148"),
        "Cyrillic": charset_of(b"ISO_IR 144"),
        # Of no Specific Character Set, but of many devices that write Russian.
        "Windows1251": Charset(("cp1251",)),
        "Arabic": charset_of(b"ISO_IR 127"),
        "Greek": charset_of(b"ISO_IR 126"),
        "Hebrew": charset_of(b"ISO_IR 138"),
        "Thai": charset_of(b"ISO_IR 166"),
        "Japanese": charset_of(b"ISO_IR 13"),
        "Chinese": charset_of(b"GB18030"),
        "Korean": charset_of(b"ISO 2022 IR 149"),
        "JapaneseKanji": charset_of(b"ISO 2022 IR 87"),
        "SimplifiedChinese": charset_of(b"ISO 2022 IR 58"),
    }
)
"""By Orthanc's names, in its spelling."""

_BY_LOWER_CASE = {name.lower(): name for name in ENCODINGS}


def encoding_name(text: str) -> str | None:
    """Spell the name of a character set as Orthanc does, which takes it in any case; None when it is none."""
    return _BY_LOWER_CASE.get(text.lower())
