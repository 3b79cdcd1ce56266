"""The DICOM attributes that Axial knows by name (PS3.6)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from axial.common.identifiers import Level

BULK_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
"""Value representations left out of JSON metadata (Azure DICOM service, `CopyWithoutBulkDataItems`)."""

PIXEL_DATA_VRS: Mapping[int, str] = MappingProxyType(
    {0x7FE00008: "OF", 0x7FE00009: "OD", 0x7FE00010: "OW"}
)
"""Float, Double Float and integer Pixel Data, with their VR in implicit VR (PS3.5 section A.1)."""

_HEXADECIMAL = re.compile("([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})")


def _tags(text: str) -> tuple[int, ...]:
    return tuple(int(tag.replace(",", ""), 16) for tag in text.split(";"))


# The defaults of Orthanc 1.12, as its `/system` lists them.
MAIN_DICOM_TAGS: Mapping[Level, tuple[int, ...]] = MappingProxyType(
    {
        Level.PATIENT: _tags("0010,0010;0010,0020;0010,0030;0010,0040;0010,1000"),
        Level.STUDY: _tags(
            "0008,0020;0008,0030;0008,0050;0008,0080;0008,0090;0008,0201;0008,1030;"
            "0020,000d;0020,0010;0032,1032;0032,1060"
        ),
        Level.SERIES: _tags(
            "0008,0021;0008,0031;0008,0060;0008,0070;0008,0201;0008,1010;0008,103e;0008,1070;"
            "0018,0010;0018,0015;0018,0024;0018,1030;0018,1090;0018,1400;0020,000e;0020,0011;"
            "0020,0037;0020,0105;0020,1002;0040,0244;0040,0245;0040,0254;0040,0275;0054,0081;"
            "0054,0101;0054,1000"
        ),
        Level.INSTANCE: _tags(
            "0008,0012;0008,0013;0008,0018;0020,0012;0020,0013;0020,0032;0020,0037;0020,0100;"
            "0020,4000;0028,0008;0054,1330"
        ),
    }
)
"""The attributes kept in the index for each level, in Orthanc's order."""

MAIN_DICOM_KEYWORDS: Mapping[Level, tuple[str, ...]] = MappingProxyType(
    {level: tuple(keyword_for_tag(tag) for tag in tags) for level, tags in MAIN_DICOM_TAGS.items()}
)
"""The same attributes, by keyword."""


def main_dicom_tags_of(level: Level, tags: Mapping[str, str]) -> dict[str, str]:
    """Take from an instance's main tags (by keyword) those that belong to one level."""
    return {name: tags[name] for name in MAIN_DICOM_KEYWORDS[level] if name in tags}


def format_tag(tag: int) -> str:
    """Spell a tag as Orthanc does: `0010,0020`."""
    return f"{tag >> 16:04x},{tag & 0xFFFF:04x}"


def parse_tag(text: str) -> int | None:
    """Read `0010,0020`, `00100020` or `PatientID`; None when it is none of them."""
    if found := _HEXADECIMAL.fullmatch(text):
        return int(found[1] + found[2], 16)
    return tag_for_keyword(text) if text else None


def keyword(tag: int) -> str:
    """The keyword of a standard attribute, or an empty string."""
    return keyword_for_tag(tag)


@lru_cache(maxsize=16384)  # three times the dictionary: its repeating groups add some
def vr_of(tag: int) -> str:
    """The VR of a standard attribute; UN when it is private or unknown.

    Some have a choice that their data set decides: `US or SS`, `OB or OW`, `US or OW`, `US or SS or OW`.
    """
    if tag & 0xFFFF == 0:
        return "UL"  # a group length (PS3.5 section 7.2)
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return "UN"
