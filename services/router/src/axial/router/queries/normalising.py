"""What is asked at a level, as a manufacturer's modalities want it; as Orthanc does. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from axial.common.dicom_modules import MODULES
from axial.common.dictionary import Dictionary
from axial.common.identifiers import Level
from axial.common.modalities import Manufacturer
from axial.router.retrieval.keys import (
    ACCESSION_NUMBER,
    LEVEL_NAMES,
    PATIENT_ID,
    QUERY_RETRIEVE_LEVEL,
    SERIES_INSTANCE_UID,
    SOP_CLASSES_IN_STUDY,
    SOP_INSTANCE_UID,
    SPECIFIC_CHARACTER_SET,
    STUDY_INSTANCE_UID,
    Tags,
)

# What archives count.
_COUNTED: Mapping[Level, frozenset[int]] = MappingProxyType(
    {
        Level.PATIENT: frozenset({0x00201200, 0x00201202, 0x00201204}),
        Level.STUDY: frozenset({0x00080061, 0x00201206, 0x00201208, SOP_CLASSES_IN_STUDY}),
        Level.SERIES: frozenset({0x00201209}),
        Level.INSTANCE: frozenset(),
    }
)
# What each level adds to what is always told.
_ALWAYS: Mapping[Level, tuple[int, ...]] = MappingProxyType(
    {
        Level.PATIENT: (PATIENT_ID,),
        Level.STUDY: (ACCESSION_NUMBER, STUDY_INSTANCE_UID),
        Level.SERIES: (SERIES_INSTANCE_UID,),
        Level.INSTANCE: (SOP_INSTANCE_UID,),
    }
)


def identifier_of(
    level: Level,
    asked: Tags,
    manufacturer: Manufacturer,
    dictionary: Dictionary,
    *,
    normalize: bool,
) -> dict[int, str]:
    """Make the keys of a C-FIND; without `normalize` they are as they were asked for."""
    keys = dict(asked)
    if normalize:
        keys = _without_wildcards(_of_level(level, keys), manufacturer, dictionary)
    # GE's archives tell only what must be there.
    universal = "*" if manufacturer == "GE" else ""
    for above in Level:
        if above <= level:
            for tag in _ALWAYS[above]:
                keys.setdefault(tag, universal)
    keys[QUERY_RETRIEVE_LEVEL] = LEVEL_NAMES[level]
    return keys


def _of_level(level: Level, keys: Tags) -> dict[int, str]:
    """Leave out what is no attribute of the level, or of one above."""
    allowed = {SPECIFIC_CHARACTER_SET} | _COUNTED[level]
    for above in Level:
        if above <= level:
            allowed |= MODULES[above]
    return {tag: text for tag, text in keys.items() if tag in allowed}


def _without_wildcards(
    keys: Tags, manufacturer: Manufacturer, dictionary: Dictionary
) -> dict[int, str]:
    """Ask for anything by an empty text, where the modality does not know `*`."""

    def is_unknown(tag: int) -> bool:
        match manufacturer:
            case "GenericNoUniversalWildcard":
                return True
            case "GenericNoWildcardInDates":
                return dictionary.vr_of(tag) == "DA"
        return False

    return {tag: "" if text == "*" and is_unknown(tag) else text for tag, text in keys.items()}
