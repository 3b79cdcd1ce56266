"""What the identifier of a C-MOVE or a C-GET names (PS3.4 section C.4.2.1.4), read as Orthanc reads it. Pure."""

from axial.common.identifiers import Level
from axial.dicom_gateway.index_client import Selection
from axial.dicom_gateway.operations.levels import LEVELS
from axial.dimse.messages.identifiers import Identifier

_KEYWORDS = {
    0x00100020: "PatientID",
    0x00080050: "AccessionNumber",
    0x0020000D: "StudyInstanceUID",
    0x0020000E: "SeriesInstanceUID",
    0x00080018: "SOPInstanceUID",
}
# What names a resource of a level, and what narrows it from above.
_NAMES = {
    Level.PATIENT: ("PatientID",),
    Level.STUDY: ("StudyInstanceUID", "AccessionNumber"),
    Level.SERIES: ("SeriesInstanceUID",),
    Level.INSTANCE: ("SOPInstanceUID",),
}


def selection_of(identifier: Identifier, *, is_patient_root: bool) -> Selection | None:
    """Read an identifier; None when it names nothing at its level, or a level that does not exist.

    Without a level it is the lowest one that is named. A study may go by its Accession Number. Lists are taken at
    every level, and of levels above the model's keys narrow what is meant; keys below mean nothing.
    """
    values = {
        _KEYWORDS[key.tag]: named
        for key in identifier.keys
        if key.tag in _KEYWORDS
        and (
            named := tuple(text.strip(" \0") for text in key.text.split("\\") if text.strip(" \0"))
        )
    }
    if identifier.level:
        level = LEVELS.get(identifier.level.upper())
    else:
        level = next((one for one in reversed(Level) if _names(one, values)), None)
    if level is None or not _names(level, values):
        return None
    keys = {
        name: values[name]
        for above in Level
        # In the Study Root model a patient's identifier is no key (PS3.4 section C.6.2.1).
        if above <= level and (is_patient_root or above > Level.PATIENT or above is level)
        for name in _NAMES[above]
        if name in values
    }
    return Selection(level, keys)


def _names(level: Level, values: dict[str, tuple[str, ...]]) -> bool:
    return any(name in values for name in _NAMES[level])
