"""A DICOMDIR, written record by record."""

import tracemalloc
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from pydicom import dcmread
from support.media import file_set

from axial.common.identifiers import ResourceId
from axial.common.testing.dicom_files import dicom_file
from axial.index.archives.directory import Directory
from axial.index.archives.records import File

pytestmark = pytest.mark.unit

SYNTAX = "1.2.840.10008.1.2.1"


def place(text: str) -> tuple[ResourceId, ...]:
    """Read where an instance belongs."""
    return tuple(ResourceId(name) for name in text.split("/"))


def header(text: str, number: int) -> bytes:
    """Make the header of an instance."""
    patient, study, series = text.split("/")
    return dicom_file(
        PatientID=patient,
        StudyInstanceUID=study,
        StudyID="1",
        SeriesInstanceUID=series,
        InstanceNumber=str(number),
        SeriesDescription="description",
        SOPInstanceUID=f"{series}.{number}",
    )


def written(places: list[str], *, extended: bool = False) -> bytes:
    """Write a directory of instances, one at each place."""
    file = BytesIO()
    directory = Directory(file, extended=extended)
    for number, text in enumerate(places):
        told = File(f"IMAGES/IM{number}", "1.2.840.10008.5.1.4.1.1.2", f"9.{number}", SYNTAX)
        directory.add(place(text), header(text, number), told)
    directory.finish()
    return file.getvalue()


def test_the_tree(tmp_path: Path) -> None:
    """Pydicom finds each instance below its series, its study and its patient."""
    places = ["P/1/1.1", "P/1/1.1", "P/1/1.2", "P/2/2.1", "Q/3/3.1", "Q/3/3.1"]
    (tmp_path / "DICOMDIR").write_bytes(written(places))
    (tmp_path / "IMAGES").mkdir()
    for number, text in enumerate(places):
        (tmp_path / "IMAGES" / f"IM{number}").write_bytes(header(text, number))
    with file_set(tmp_path) as found:
        assert found.ID == "AXIAL_MEDIA"
        assert [
            f"{instance.PatientID}/{instance.StudyInstanceUID}/{instance.SeriesInstanceUID}"
            for instance in found
        ] == places
        assert [instance.InstanceNumber for instance in found] == list(range(6))
    root = dcmread(tmp_path / "DICOMDIR")
    assert [record.DirectoryRecordType for record in root.DirectoryRecordSequence] == [
        *("PATIENT", "STUDY", "SERIES", "IMAGE", "IMAGE", "SERIES", "IMAGE"),
        *("STUDY", "SERIES", "IMAGE", "PATIENT", "STUDY", "SERIES", "IMAGE", "IMAGE"),
    ]


def test_extended() -> None:
    """The description of a series is there for those who ask for it."""
    for extended in (False, True):
        found = dcmread(BytesIO(written(["P/1/1.1"], extended=extended)))
        series = found.DirectoryRecordSequence[2]
        assert ("SeriesDescription" in series) is extended


def test_nothing() -> None:
    """A directory of nothing is one."""
    found = dcmread(BytesIO(written([])))
    assert len(found.DirectoryRecordSequence) == 0
    assert found.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == 0


def test_memory() -> None:
    """The directory of ever more instances grows on the disk alone."""
    head, told = header("P/1/1.1", 1), File("IMAGES/IM1", "1.2.3", "9.1", SYNTAX)
    tracemalloc.start()
    try:
        with TemporaryFile() as file:
            directory = Directory(file, extended=False)
            for _ in range(2000):
                directory.add(place("P/1/1.1"), head, told)
            directory.finish()
            size_bytes = file.tell()
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size_bytes > 250_000
    assert peak_bytes < 200_000
