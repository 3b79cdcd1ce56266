"""Where the value of an attribute is to be found, seen from a level."""

from axial.common.attributes import MAIN_DICOM_TAGS
from axial.common.identifiers import Level

_NUMBER_OF_PATIENT_RELATED_STUDIES = 0x00201200
_NUMBER_OF_PATIENT_RELATED_SERIES = 0x00201202
_NUMBER_OF_PATIENT_RELATED_INSTANCES = 0x00201204
_NUMBER_OF_STUDY_RELATED_SERIES = 0x00201206
_NUMBER_OF_STUDY_RELATED_INSTANCES = 0x00201208
_NUMBER_OF_SERIES_RELATED_INSTANCES = 0x00201209
_MODALITIES_IN_STUDY = 0x00080061
_SOP_CLASSES_IN_STUDY = 0x00080062
_INSTANCE_AVAILABILITY = 0x00080056

#: What is counted rather than stored, with the column of `find_computed.sql` that tells it.
COMPUTED_TAGS: dict[Level, dict[int, str]] = {
    Level.PATIENT: {
        _NUMBER_OF_PATIENT_RELATED_STUDIES: "studies",
        _NUMBER_OF_PATIENT_RELATED_SERIES: "series",
        _NUMBER_OF_PATIENT_RELATED_INSTANCES: "instances",
    },
    Level.STUDY: {
        _NUMBER_OF_STUDY_RELATED_SERIES: "series",
        _NUMBER_OF_STUDY_RELATED_INSTANCES: "instances",
        _MODALITIES_IN_STUDY: "modalities",
        _SOP_CLASSES_IN_STUDY: "sop_classes",
    },
    Level.SERIES: {_NUMBER_OF_SERIES_RELATED_INSTANCES: "instances"},
    Level.INSTANCE: {_INSTANCE_AVAILABILITY: "availability"},
}

_EVERY_COMPUTED_TAG = frozenset(tag for tags in COMPUTED_TAGS.values() for tag in tags)


def is_computed(tag: int) -> bool:
    """Tell whether a tag is never read from files: at a level that does not have it there is none."""
    return tag in _EVERY_COMPUTED_TAG


def level_of(tag: int, seen_from: Level) -> Level | None:
    """Tell at which level an attribute is kept: the nearest at or above, or else below; None when it is not."""
    above = (Level(number) for number in range(seen_from, 0, -1))
    below = (Level(number) for number in range(seen_from + 1, Level.INSTANCE + 1))
    for level in (*above, *below):
        if tag in MAIN_DICOM_TAGS[level]:
            return level
    return None
