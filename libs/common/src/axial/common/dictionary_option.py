"""Orthanc's option `Dictionary`: `{"7053,1003": ["ST", "FileName", 1, 1, "Philips PET Private Group"]}`."""

import re
from collections import Counter

from axial.common.dictionary import Attribute
from axial.common.elements import LONG_VRS, SHORT_VRS

# `00e1,c2` leaves the block of a private attribute open.
_TAG = re.compile("([0-9A-Fa-f]{4})[,-]?([0-9A-Fa-f]{2}|[0-9A-Fa-f]{4})")

_FIRST_PRIVATE_GROUP = 0x0009
_LAST_PRIVATE_GROUP = 0xFFFD


def read_dictionary(value: object) -> tuple[Attribute, ...]:
    """Read the option; raises `ValueError` with a sentence that names the entry."""
    if not isinstance(value, dict):
        raise ValueError("must be an object of tags")  # noqa: TRY004 - what pydantic understands
    attributes = tuple(_attribute(str(key), entry) for key, entry in value.items())
    (name, uses), *_ = Counter(each.name for each in attributes).most_common(1) or [("", 0)]
    if uses > 1:
        raise ValueError(f'the name "{name}" is given to two tags')
    return attributes


def _attribute(key: str, entry: object) -> Attribute:
    """Read one entry; how many values there may be is checked, and then of no use."""
    match entry:
        case [str() as vr, str() as name, int() as least, int() as most]:
            creator = ""
        case [str() as vr, str() as name, int() as least, int() as most, str() as creator]:
            pass
        case _:
            raise ValueError(f"{key}: must be [VR, name, least, most] or [..., private creator]")
    found = _TAG.fullmatch(key)
    if found is None:
        raise ValueError(f"{key}: is no tag")
    group, number = int(found[1], 16), int(found[2], 16)
    if vr not in SHORT_VRS | LONG_VRS:
        raise ValueError(f"{key}: there is no VR {vr}")
    if not name:
        raise ValueError(f"{key}: has no name")
    if least < 1 or 0 < most < least or most < 0:  # 0 for any number
        raise ValueError(f"{key}: cannot have from {least} to {most} values")
    if creator and not (group % 2 and _FIRST_PRIVATE_GROUP <= group <= _LAST_PRIVATE_GROUP):
        raise ValueError(f"{key}: is not private, and has no private creator")
    return Attribute(group << 16 | number, vr, name, creator)
