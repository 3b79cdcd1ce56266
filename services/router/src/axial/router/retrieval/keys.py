"""What names a resource at its level (PS3.4 section C.2.2.2), for C-MOVE and C-GET. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from axial.common.attributes import format_tag
from axial.common.errors import BadParameter, Rejected
from axial.common.identifiers import Level

#: Texts by tag.
Tags: TypeAlias = Mapping[int, str]

SPECIFIC_CHARACTER_SET = 0x00080005
SOP_INSTANCE_UID = 0x00080018
ACCESSION_NUMBER = 0x00080050
QUERY_RETRIEVE_LEVEL = 0x00080052
SOP_CLASSES_IN_STUDY = 0x00080062
PATIENT_ID = 0x00100020
STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E

#: A level as identifiers name it.
LEVEL_NAMES: Mapping[Level, str] = MappingProxyType(
    {
        Level.PATIENT: "PATIENT",
        Level.STUDY: "STUDY",
        Level.SERIES: "SERIES",
        Level.INSTANCE: "IMAGE",
    }
)
#: Which attributes name a resource of each level: those of the levels above belong to it, but for the patient's.
NAMES: Mapping[Level, tuple[int, ...]] = MappingProxyType(
    {
        Level.PATIENT: (PATIENT_ID,),
        Level.STUDY: (STUDY_INSTANCE_UID,),
        Level.SERIES: (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID),
        Level.INSTANCE: (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID),
    }
)
# What a job shows of an answer that it retrieves.
_SHOWN = (
    ACCESSION_NUMBER,
    QUERY_RETRIEVE_LEVEL,
    SOP_INSTANCE_UID,
    PATIENT_ID,
    STUDY_INSTANCE_UID,
    SERIES_INSTANCE_UID,
)


def level_of(name: str) -> Level:
    """Read the name of a level as Orthanc does; raise BadParameter."""
    try:
        return Level.from_word(name.strip())
    except KeyError:
        raise BadParameter from None


def named(level: Level, tags: Tags) -> dict[int, str]:
    """Take what names a resource; raise Rejected when something of it is missing."""
    for tag in NAMES[level]:
        if tag not in tags:
            raise Rejected("missing_tag", f"Missing tag {format_tag(tag)}")
    return {
        QUERY_RETRIEVE_LEVEL: LEVEL_NAMES[level],
        **{tag: tags[tag] for tag in NAMES[level]},
    }


def shown(tags: Tags) -> dict[int, str]:
    """Take what a job shows of an answer that it retrieves."""
    return {tag: tags[tag] for tag in _SHOWN if tag in tags}
