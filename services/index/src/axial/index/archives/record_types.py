"""Which directory record an instance has, and what stands in it (PS3.3 section F.5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Presence(Enum):
    """When an attribute stands in a record."""

    #: Always, be it without a value (types 1 and 2: what a file lacks is not made up).
    ALWAYS = 1
    #: When the file has a value (types 1C and 3).
    WITH_VALUE = 2


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of directory record."""

    name: str
    keys: Mapping[int, Presence]


def _record(name: str, *always: int, with_value: tuple[int, ...] = ()) -> RecordType:
    keys = dict.fromkeys(always, Presence.ALWAYS) | dict.fromkeys(with_value, Presence.WITH_VALUE)
    return RecordType(name, MappingProxyType(dict(sorted(keys.items()))))


_STUDY_ID, _SERIES_NUMBER, _INSTANCE_NUMBER = 0x00200010, 0x00200011, 0x00200013
_CONTENT_MOMENT = (0x00080023, 0x00080033)
#: The Content Identification Macro (PS3.3 table 10-12).
_CONTENT_IDENTIFICATION = (_INSTANCE_NUMBER, 0x00700080, 0x00700081, 0x00700084)
VERIFICATION_DATE_TIME, _CONCEPT_NAME, CONTENT_SEQUENCE = 0x0040A030, 0x0040A043, 0x0040A730
_SERIES_DESCRIPTION = 0x0008103E

PATIENT = _record("PATIENT", 0x00100010, 0x00100020)
STUDY = _record(
    "STUDY", 0x00080020, 0x00080030, 0x00080050, 0x00081030, 0x0020000D, with_value=(_STUDY_ID,)
)
SERIES = _record("SERIES", 0x00080060, 0x0020000E, with_value=(_SERIES_NUMBER,))
EXTENDED_SERIES = _record(
    "SERIES", 0x00080060, 0x0020000E, with_value=(_SERIES_DESCRIPTION, _SERIES_NUMBER)
)
"""With the description of the series, which the standard does not ask for and Orthanc offers."""

IMAGE = _record("IMAGE", _INSTANCE_NUMBER)
_SR_DOCUMENT = _record(
    "SR DOCUMENT",
    *(_INSTANCE_NUMBER, *_CONTENT_MOMENT, 0x0040A491, 0x0040A493, _CONCEPT_NAME),
    with_value=(VERIFICATION_DATE_TIME, CONTENT_SEQUENCE),
)
_PLAN = _record("PLAN")
_RADIOTHERAPY = _record(
    "RADIOTHERAPY",
    *(_INSTANCE_NUMBER, 0x00700081, 0x00700084),
    with_value=(0x30100033, 0x30100034),
)


def _identified(name: str) -> RecordType:
    return _record(name, *_CONTENT_MOMENT, *_CONTENT_IDENTIFICATION)


_STORAGE = "1.2.840.10008.5.1.4.1.1."
# SOP classes below `_STORAGE`; one that ends with a dot stands for all that begin so.
_TYPES: Mapping[str, RecordType] = {
    "4.2": _record(
        "SPECTROSCOPY",
        *(0x00080008, *_CONTENT_MOMENT, _INSTANCE_NUMBER, 0x00280008, 0x00280010, 0x00280011),
        *(0x00289001, 0x00289002),
        with_value=(0x00089092,),
    ),
    "9.": _record("WAVEFORM", _INSTANCE_NUMBER, *_CONTENT_MOMENT),
    "11.": _record(
        "PRESENTATION",
        *(0x00700082, 0x00700083, *_CONTENT_IDENTIFICATION),
        with_value=(0x00081115, 0x00700402),
    ),
    "66": _record("RAW DATA", _INSTANCE_NUMBER, *_CONTENT_MOMENT),
    "66.1": _identified("REGISTRATION"),
    "66.2": _identified("FIDUCIAL"),
    "66.3": _identified("REGISTRATION"),
    "66.5": _identified("SURFACE"),
    "66.6": _identified("TRACT"),
    "67": _identified("VALUE MAP"),
    "68.": _record("SURFACE SCAN", *_CONTENT_MOMENT),
    "77.1.5.3": _record("STEREOMETRIC"),
    "78.": _identified("MEASUREMENT"),
    "78.6": _SR_DOCUMENT,
    "79.1": _SR_DOCUMENT,
    "80.1": _identified("MEASUREMENT"),
    "88.": _SR_DOCUMENT,
    "88.59": _record(
        "KEY OBJECT DOC",
        *(_INSTANCE_NUMBER, *_CONTENT_MOMENT, _CONCEPT_NAME),
        with_value=(CONTENT_SEQUENCE,),
    ),
    "90.1": _record("ASSESSMENT", _INSTANCE_NUMBER, 0x00080012, 0x00080013),
    "91.1": _identified("ANNOTATION"),
    "104.": _record(
        "ENCAP DOC",
        *(*_CONTENT_MOMENT, _INSTANCE_NUMBER, 0x00420010, _CONCEPT_NAME, 0x00420012),
        with_value=(0x0040E001,),
    ),
    "131": _record("PRESENTATION", 0x00700082, 0x00700083, *_CONTENT_IDENTIFICATION),
    "481.2": _record("RT DOSE", _INSTANCE_NUMBER, 0x3004000A),
    "481.3": _record("RT STRUCTURE SET", _INSTANCE_NUMBER, 0x30060002, 0x30060008, 0x30060009),
    **dict.fromkeys(
        ("481.5", "481.8"),
        _record("RT PLAN", _INSTANCE_NUMBER, 0x300A0002, 0x300A0006, 0x300A0007),
    ),
    **dict.fromkeys(
        ("481.4", "481.6", "481.7", "481.9"),
        _record("RT TREAT RECORD", _INSTANCE_NUMBER, 0x30080250, 0x30080251),
    ),
    # The second generation of radiotherapy, whose images are images.
    **dict.fromkeys((f"481.{n}" for n in (*range(10, 23), 25)), _RADIOTHERAPY),
}
_DELIVERY_INSTRUCTIONS = ("1.2.840.10008.5.1.4.34.7", "1.2.840.10008.5.1.4.34.10")


def record_type(sop_class_uid: str) -> RecordType:
    """Tell the record of an instance; what is neither listed here nor known to anybody is an image."""
    if sop_class_uid in _DELIVERY_INSTRUCTIONS:
        return _PLAN
    if not sop_class_uid.startswith(_STORAGE):
        return IMAGE
    name = sop_class_uid.removeprefix(_STORAGE)
    family, dot, _ = name.partition(".")
    return _TYPES.get(name) or _TYPES.get(family + dot) or IMAGE
