"""The names that Orthanc shows for attributes: those of DCMTK's dictionary."""

import re
from functools import lru_cache

from pydicom.datadict import get_entry, private_dictionary_description

from axial.common.datasets import is_private_creator

UNKNOWN = "Unknown Tag & Data"

# Orthanc overrides DCMTK here: clients have known it by this name from before it was retired.
_OTHER_PATIENT_IDS = 0x00101000

# The only group length that the standard still has a name for.
_FILE_META_GROUP_LENGTH = 0x00020000

_PRIVATE_BIT = 0x00010000
_WORDS = re.compile(r"[A-Za-z0-9]+")


@lru_cache(maxsize=16384)  # the whole standard and some vendors: a page of tags asks for hundreds
def name_of(tag: int, private_creator: str = "") -> str:
    """Name an attribute; the vendors' names are pydicom's, written as DCMTK writes its own."""
    if tag & _PRIVATE_BIT:
        return _private_name(tag, private_creator)
    if not tag & 0xFFFF and tag != _FILE_META_GROUP_LENGTH:
        return "GenericGroupLength"
    try:
        _, _, _, retired, keyword = get_entry(tag)
    except KeyError:
        return UNKNOWN
    if retired and tag != _OTHER_PATIENT_IDS:
        return f"RETIRED_{keyword}"
    return keyword or UNKNOWN


def _private_name(tag: int, private_creator: str) -> str:
    if not tag & 0xFFFF:
        return "PrivateGroupLength"
    if is_private_creator(tag):
        return "PrivateCreator"
    try:
        description = private_dictionary_description(tag, private_creator)
    except KeyError:
        return UNKNOWN
    words = _WORDS.findall(description)
    return "".join(word[0].upper() + word[1:] for word in words) or UNKNOWN
