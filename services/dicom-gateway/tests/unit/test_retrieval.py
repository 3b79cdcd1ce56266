"""What the identifier of a C-MOVE or a C-GET names."""

import pytest

from axial.common.identifiers import Level
from axial.dicom_gateway.index_client import Selection
from axial.dicom_gateway.operations.retrieval import selection_of
from axial.dimse.messages.identifiers import Identifier, Key

pytestmark = pytest.mark.unit

_TAGS = {
    "PatientID": 0x00100020,
    "PatientName": 0x00100010,
    "AccessionNumber": 0x00080050,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "SOPInstanceUID": 0x00080018,
}


def selection(level: str, **keys: str) -> Selection | None:
    """Read an identifier in the Patient Root model."""
    return _selection(level, keys, is_patient_root=True)


def _selection(level: str, keys: dict[str, str], *, is_patient_root: bool) -> Selection | None:
    named = tuple(Key(_TAGS[name], "", text) for name, text in keys.items())
    return selection_of(Identifier(level, "", named), is_patient_root=is_patient_root)


@pytest.mark.parametrize(
    ("level", "expected", "name"),
    [
        ("PATIENT", Level.PATIENT, "PatientID"),
        ("STUDY", Level.STUDY, "StudyInstanceUID"),
        ("Series", Level.SERIES, "SeriesInstanceUID"),
        ("IMAGE", Level.INSTANCE, "SOPInstanceUID"),
        ("INSTANCE", Level.INSTANCE, "SOPInstanceUID"),
    ],
)
def test_levels(level: str, expected: Level, name: str) -> None:
    """Each level has its key; Orthanc's name of the lowest one is taken, too."""
    assert selection(level, **{name: "1.2"}) == Selection(expected, {name: ("1.2",)})


def test_lists_at_several_levels() -> None:
    """Keys may be lists; those of levels above narrow, those below and others mean nothing; padding is none."""
    assert selection(
        "SERIES",
        PatientID="P ",
        PatientName="N",
        StudyInstanceUID="1\\2",
        SeriesInstanceUID="1.1\0\\\\1.2",
        SOPInstanceUID="1.1.1",
    ) == Selection(
        Level.SERIES,
        {
            "PatientID": ("P",),
            "StudyInstanceUID": ("1", "2"),
            "SeriesInstanceUID": ("1.1", "1.2"),
        },
    )


def test_a_patient_in_the_study_root_model() -> None:
    """There a patient's identifier narrows nothing; at its own level, which is not the model's, it is taken even so."""
    study = Selection(Level.STUDY, {"StudyInstanceUID": ("1",)})
    keys = {"PatientID": "P", "StudyInstanceUID": "1"}
    assert _selection("STUDY", keys, is_patient_root=False) == study
    patient = Selection(Level.PATIENT, {"PatientID": ("P",)})
    assert _selection("PATIENT", {"PatientID": "P"}, is_patient_root=False) == patient


def test_a_study_by_its_accession_number() -> None:
    """As in Orthanc a study can be named by its Accession Number; an empty one is none."""
    by_number = Selection(Level.STUDY, {"AccessionNumber": ("A",)})
    assert selection("STUDY", AccessionNumber="A", StudyInstanceUID="") == by_number
    by_uid = Selection(Level.STUDY, {"StudyInstanceUID": ("1",)})
    assert selection("STUDY", AccessionNumber="", StudyInstanceUID="1") == by_uid


def test_without_a_level() -> None:
    """As in Orthanc the lowest level that is named is meant when none is told."""
    found = selection("", PatientID="P", SeriesInstanceUID="1.1")
    assert found == Selection(Level.SERIES, {"PatientID": ("P",), "SeriesInstanceUID": ("1.1",)})
    assert selection("", PatientName="N") is None


def test_nothing_named() -> None:
    """A level that does not exist, or at which nothing is named, selects nothing rather than everything."""
    assert selection("FRAME", SOPInstanceUID="1") is None
    assert selection("STUDY", PatientID="P") is None
    assert selection("PATIENT", PatientID=" ") is None
