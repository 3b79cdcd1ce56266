"""What the older routes ask for at each level; as Orthanc does. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from axial.common.attributes import MAIN_DICOM_TAGS
from axial.common.errors import BadParameter
from axial.common.identifiers import Level
from axial.router.retrieval.keys import (
    ACCESSION_NUMBER,
    PATIENT_ID,
    SERIES_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    Tags,
)

# What is asked for, or may be, from the levels above.
_ABOVE: Mapping[Level, tuple[int, ...]] = MappingProxyType(
    {
        Level.PATIENT: (),
        Level.STUDY: (ACCESSION_NUMBER, PATIENT_ID),
        Level.SERIES: (ACCESSION_NUMBER, PATIENT_ID, STUDY_INSTANCE_UID),
        Level.INSTANCE: (ACCESSION_NUMBER, PATIENT_ID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID),
    }
)
_MODALITIES_IN_STUDY = 0x00080061
# Main attributes in Orthanc that are none of the level in the standard.
_NOT_ASKED: Mapping[Level, frozenset[int]] = MappingProxyType(
    {
        Level.PATIENT: frozenset(),
        Level.STUDY: frozenset({0x00080080, 0x00321032, 0x00321060}),
        Level.SERIES: frozenset(
            {
                *(0x00080070, 0x00081010, 0x00180024, 0x00181090, 0x00201002, 0x00540081),
                *(0x00200105, 0x00540101, 0x00200037, 0x00541000, 0x00181400, 0x00180010),
            }
        ),
        Level.INSTANCE: frozenset(),
    }
)
# One letter between two asterisks asks an archive for nearly all that it has.
_TOO_SHORT = 2


def asked_of(level: Level, query: Tags) -> dict[int, str]:
    """Make what is asked of a modality from what a request says."""
    template = (set(MAIN_DICOM_TAGS[level]) - _NOT_ASKED[level]) | set(_ABOVE[level])
    kept = set(MAIN_DICOM_TAGS[level]) | set(_ABOVE[level])
    if level is Level.STUDY:
        kept.add(_MODALITIES_IN_STUDY)
    wanted = dict.fromkeys(template, "") | dict(query)
    return {tag: text for tag, text in wanted.items() if tag in kept}


def check_narrow(level: Level, query: Tags) -> None:
    """Make sure that not everything is asked for; raise BadParameter."""

    def is_short(tag: int) -> bool:
        return len(query.get(tag, "")) <= _TOO_SHORT

    if level is Level.PATIENT:
        return
    missing = [tag for tag in _ABOVE[level][2:] if is_short(tag)]
    if missing or (is_short(ACCESSION_NUMBER) and is_short(PATIENT_ID)):
        raise BadParameter("The query must say more of what is above its level")
