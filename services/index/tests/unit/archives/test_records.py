"""The directory records of instances."""

from io import BytesIO

import pydicom.fileset
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from axial.common.datasets import read_tree
from axial.common.testing.dicom_files import dicom_file, shipped_file
from axial.index.archives.record_types import IMAGE, PATIENT, SERIES, STUDY, RecordType, record_type
from axial.index.archives.records import File, encode_record

pytestmark = pytest.mark.unit

_ITEM_HEAD_BYTES = 8


def record(kind: RecordType, file: bytes, told: File | None = None) -> Dataset:
    """Make a record of a file, and read it as pydicom does."""
    encoded = encode_record(kind, read_tree(file), told)
    return dcmread(BytesIO(encoded[_ITEM_HEAD_BYTES:]), force=True)


def item(**attributes: object) -> Dataset:
    """Make an item of a sequence."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_types_as_pydicom_knows_them() -> None:
    """An instance has the record that pydicom gives to one of its SOP class."""
    known = pydicom.fileset._FOUR_LEVEL_SOP_CLASSES  # noqa: SLF001 - the only list that can be read
    assert len(known) > 60
    # An error of pydicom's table: it is a report, by its own UID's neighbours and by PS3.3 section F.4.
    assert {str(uid): record_type(uid).name for uid in known} == {
        str(uid): name for uid, name in known.items()
    }


@pytest.mark.parametrize(
    ("sop_class", "name"),
    [
        ("1.2.840.10008.5.1.4.1.1.4", "IMAGE"),
        ("1.2.840.10008.5.1.4.1.1.4.2", "SPECTROSCOPY"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "IMAGE"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"),
        ("1.2.840.10008.5.1.4.1.1.11.6", "PRESENTATION"),
        ("1.2.840.10008.5.1.4.1.1.481.1", "IMAGE"),
        ("1.2.840.10008.5.1.4.1.1.481.5", "RT PLAN"),
        ("1.2.840.10008.5.1.4.1.1.481.13", "RADIOTHERAPY"),
        ("1.2.840.10008.5.1.4.1.1.481.23", "IMAGE"),
        ("1.2.840.10008.5.1.4.34.7", "PLAN"),
        ("1.2.840.10008.5.1.4.1.1.9", "IMAGE"),
        ("1.3.6.1.4.1.5962.1", "IMAGE"),
        ("", "IMAGE"),
    ],
)
def test_types(sop_class: str, name: str) -> None:
    """So have those that it does not list; what nobody knows is an image."""
    assert record_type(sop_class).name == name


def test_image() -> None:
    """A file's record tells where it is, what it is, and its number."""
    told = File("IMAGES/IM0", "1.2.3", "1.2.3.4", ExplicitVRLittleEndian)
    found = record(IMAGE, dicom_file(InstanceNumber="12"), told)
    assert found.DirectoryRecordType == "IMAGE"
    assert found.ReferencedFileID == ["IMAGES", "IM0"]
    assert found.ReferencedSOPClassUIDInFile == "1.2.3"
    assert found.ReferencedSOPInstanceUIDInFile == "1.2.3.4"
    assert found.ReferencedTransferSyntaxUIDInFile == ExplicitVRLittleEndian
    assert found.InstanceNumber == 12
    assert (found.OffsetOfTheNextDirectoryRecord, found.RecordInUseFlag) == (0, 0xFFFF)


def test_what_a_file_lacks() -> None:
    """Nothing is made up: an attribute that must be there is empty, one that may be missing is missing."""
    found = record(STUDY, dicom_file())
    assert (found.StudyDate, found.StudyTime, found.AccessionNumber) == ("", "", "")
    assert "StudyID" not in found
    assert "SeriesNumber" not in record(SERIES, dicom_file())


def test_date_of_a_study() -> None:
    """The date of its series stands for the date of a study that has none."""
    file = dicom_file(StudyDate="", SeriesDate="20200102", ContentDate="19990101")
    assert record(STUDY, file).StudyDate == "20200102"


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_report(syntax: str) -> None:
    """A document's record has its title, what modifies the title, and the latest verification; in any byte order."""
    title = item(CodeValue="1", CodingSchemeDesignator="99A", CodeMeaning="Report")
    modifier = item(RelationshipType="HAS CONCEPT MOD", ValueType="CODE", Rows=258)
    content = item(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="long")
    file = dicom_file(
        syntax,
        InstanceNumber="1",
        CompletionFlag="COMPLETE",
        VerificationFlag="VERIFIED",
        ConceptNameCodeSequence=[title],
        ContentSequence=[content, modifier],
        VerifyingObserverSequence=[
            item(VerificationDateTime="20200101"),
            item(VerificationDateTime="20200102"),
        ],
    )
    found = record(record_type("1.2.840.10008.5.1.4.1.1.88.11"), file)
    assert found.ConceptNameCodeSequence == [title]
    assert found.ContentSequence == [modifier]
    assert found.VerificationDateTime == "20200102"
    assert found.CompletionFlag == "COMPLETE"


def test_texts_keep_their_character_set() -> None:
    """A name in any script is as readable in the directory as in the file."""
    file = shipped_file("chrH31.dcm").read_bytes()
    found, original = record(PATIENT, file), dcmread(BytesIO(file), stop_before_pixels=True)
    assert found.PatientName == original.PatientName
    assert "山田" in str(found.PatientName)
