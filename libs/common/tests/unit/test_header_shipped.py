"""The header of every file that ships with pydicom, beside what pydicom itself reads."""

import warnings
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.multival import MultiValue

from axial.common.attributes import MAIN_DICOM_KEYWORDS
from axial.common.errors import NotDicom
from axial.common.header import MAX_MAIN_TAG_BYTES, read_header
from axial.common.testing.dicom_files import shipped_files

pytestmark = pytest.mark.unit

REFUSED = {
    "dicomdir": {
        "DICOMDIR",
        "DICOMDIR-bigEnd",
        "DICOMDIR-empty.dcm",
        "DICOMDIR-implicit",
        "DICOMDIR-nooffset",
        "DICOMDIR-nopatient",
        "DICOMDIR-reordered",
    },
    # Palettes, and objects cut down to what a test of pydicom needs.
    "missing_study_instance_uid": {
        "JPEGLSNearLossless_08.dcm",
        "JPEGLSNearLossless_16.dcm",
        "SC_rgb_jls_lossy_line.dcm",
        "SC_rgb_jls_lossy_sample.dcm",
        "UN_sequence.dcm",
        "chrSQEncoding.dcm",
        "chrSQEncoding1.dcm",
        "empty_charset_LEI.dcm",
        "fall.dcm",
        "hotiron.dcm",
        "hotmetalblue.dcm",
        "meta_missing_tsyntax.dcm",
        "nested_priv_SQ.dcm",
        "no_meta_group_length.dcm",
        "pet.dcm",
        "pet20step.dcm",
        "priv_SQ.dcm",
        "spring.dcm",
        "summer.dcm",
        "winter.dcm",
    },
    "not_dicom": {
        "FileInfo.txt",
        "README",
        "README.md",
        "README.txt",
        "crayons.icc",
        "hashes.json",
        "no_meta.dcm",  # its first byte is missing
        "rtplan.dump",
        "rtstruct.dump",
        "test1.json",
        "test_PN.json",
        "urls.json",
        "zipMR.gz",
    },
    "truncated": {"rtplan_truncated.dcm"},
}
"""Orthanc 1.10.1 refuses each of these, too."""

FILES = shipped_files()


def expected_refusal(name: str) -> str | None:
    """The code for which a shipped file is refused, if it is."""
    return next((code for code, names in REFUSED.items() if name in names), None)


ACCEPTED = [file for file in FILES if expected_refusal(file.name) is None]


def read_by_pydicom(content: bytes) -> FileDataset:
    """What pydicom reads up to the pixel data; its complaints about odd files are not our subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(BytesIO(content), stop_before_pixels=True, force=True)
        list(dataset.iterall())  # read and decode all, while it may complain
        return dataset


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_read_or_refused_as_expected(file: Path) -> None:
    """No shipped file is refused without a named reason, or taken in spite of one."""
    refusal = None
    try:
        read_header(file.read_bytes())
    except NotDicom as error:
        refusal = error.code
    assert refusal == expected_refusal(file.name)


@pytest.mark.parametrize("file", ACCEPTED, ids=lambda file: file.name)
def test_the_kept_part_reads_like_the_whole_file(file: Path) -> None:
    """For pydicom, `raw` holds the same data set without the pixels."""
    content = file.read_bytes()
    whole, kept = read_by_pydicom(content), read_by_pydicom(read_header(content).raw)
    assert kept.file_meta == whole.file_meta
    assert kept.preamble == whole.preamble
    assert kept == whole


@pytest.mark.parametrize("file", ACCEPTED, ids=lambda file: file.name)
def test_the_facts_are_those_that_pydicom_reads(file: Path) -> None:
    """UIDs, patient and main tags are the same, value for value."""
    content = file.read_bytes()
    header, dataset = read_header(content), read_by_pydicom(content)
    assert header.sop_instance_uid == dataset.SOPInstanceUID
    assert header.series_instance_uid == dataset.SeriesInstanceUID
    assert header.study_instance_uid == dataset.StudyInstanceUID
    assert header.sop_class_uid == dataset.get("SOPClassUID", "")
    assert header.patient_id == (dataset.get("PatientID") or "")
    told = dataset.file_meta.get("TransferSyntaxUID")
    assert told is None or header.transfer_syntax_uid == told
    shown = {keyword: values_of(value) for keyword, value in header.main_dicom_tags.items()}
    assert shown == {
        keyword: values_of(texts_of(dataset[keyword].value))
        for keywords in MAIN_DICOM_KEYWORDS.values()
        for keyword in keywords
        if keyword in dataset and dataset[keyword].VR != "SQ" and fits(dataset[keyword].value)
    }


def fits(value: object) -> bool:
    """Whether Orthanc thinks a value short enough for a main tag."""
    return len(texts_of(value).encode()) <= MAX_MAIN_TAG_BYTES


def texts_of(value: object) -> str:
    """A value of pydicom's as it stood in the file: its numbers remember their digits."""
    if isinstance(value, MultiValue):
        return "\\".join("" if item is None else str(item) for item in value)
    return "" if value is None else str(value)


def values_of(text: str) -> list[str]:
    """Single values, without the padding and the empty name components that pydicom drops."""
    return [value.rstrip("=").strip() for value in text.split("\\")]
