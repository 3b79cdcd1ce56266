"""What a header tells, and what it is refused for."""

import struct
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from axial.common.errors import NotDicom
from axial.common.file_meta import read_file_meta
from axial.common.header import Body, may_be_deflated, read_header
from axial.common.refusals import REFUSALS, Refusal
from axial.common.scan import MAX_KEPT_BYTES, MAX_KEPT_ELEMENT_BYTES
from axial.common.testing.dicom_files import (
    CT_IMAGE_STORAGE,
    dicom_file,
    encoded_element,
    shipped_file,
    shipped_files,
)

pytestmark = pytest.mark.unit

PREAMBLE_BYTES = 132
PATIENT_ID = encoded_element(0x00100020, "LO", b"P1")
STUDY_UID = encoded_element(0x0020000D, "UI", b"1.2\0")


def refused(body: Body) -> str:
    """The code for which a body is refused."""
    with pytest.raises(NotDicom) as caught:
        read_header(body)
    assert caught.value.message in REFUSALS.values()
    return caught.value.code


def with_element(tag: int, vr: str, value: bytes) -> bytes:
    """A file with one more element, after the group of the patient."""
    return dicom_file().replace(STUDY_UID, encoded_element(tag, vr, value) + STUDY_UID)


@pytest.mark.parametrize(
    "transfer_syntax_uid",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_each_encoding_tells_the_same(transfer_syntax_uid: str) -> None:
    """Byte order, VR encoding and deflation change nothing of what is read."""
    header = read_header(
        dicom_file(transfer_syntax_uid, PatientName="Doe^Jane", NumberOfSlices=12, Modality="PT")
    )
    assert header.patient_id == "P1"
    assert header.study_instance_uid == "1.2"
    assert header.series_instance_uid == "1.2.3"
    assert header.sop_instance_uid == "1.2.3.4"
    assert header.sop_class_uid == CT_IMAGE_STORAGE
    assert header.transfer_syntax_uid == transfer_syntax_uid
    assert header.main_dicom_tags == {
        "PatientID": "P1",
        "PatientName": "Doe^Jane",
        "Modality": "PT",
        "NumberOfSlices": "12",
        "StudyInstanceUID": "1.2",
        "SeriesInstanceUID": "1.2.3",
        "SOPInstanceUID": "1.2.3.4",
    }
    assert (header.pixel_data_offset, header.pixel_data_vr) == (None, None)
    assert dcmread(BytesIO(header.raw), force=True).PatientName == "Doe^Jane"


def test_every_kind_of_body_tells_the_same(tmp_path: Path) -> None:
    """Bytes, views, files on disk, spooled and in memory: one header."""
    content = shipped_file("CT_small.dcm").read_bytes()
    expected = read_header(content)
    path = tmp_path / "file"
    path.write_bytes(content)
    assert read_header(bytearray(content)) == expected
    assert read_header(memoryview(content)) == expected
    assert read_header(BytesIO(content)) == expected
    with path.open("rb") as on_disk:
        assert read_header(on_disk) == expected
    with TemporaryFile() as just_written:
        just_written.write(content)
        assert read_header(just_written) == expected
    with SpooledTemporaryFile(max_size=1024) as spooled:
        spooled.write(content)
        assert read_header(spooled) == expected  # type: ignore[arg-type]  # no BinaryIO to typeshed


def test_the_pixel_data_is_found_where_orthanc_finds_it() -> None:
    """The offset of CT_small.dcm's pixel data is that which Orthanc 1.10.1 stores as metadata."""
    header = read_header(shipped_file("CT_small.dcm").read_bytes())
    assert header.pixel_data_offset == 6288
    assert header.pixel_data_vr == "OW"
    assert len(header.raw) == 6288


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (b" A^B  ", " A^B"),
        (b"A\0B\0", "A"),
        (b"    ", ""),
        (b"A\\B ", "A\\B"),
        (b"J\xe9", "Jé"),
        (b"", ""),
    ],
)
def test_text_is_shown_as_orthanc_shows_it(stored: bytes, shown: str) -> None:
    """Padding goes, leading spaces stay, NUL ends it: each as seen from Orthanc 1.10.1."""
    header = read_header(with_element(0x00100040, "CS", stored))
    assert header.main_dicom_tags["PatientSex"] == shown


def test_what_orthanc_thinks_too_long_is_no_main_tag() -> None:
    """256 bytes of UTF-8 are shown, 257 are not, however few the characters."""
    assert "ImageComments" in read_header(dicom_file(ImageComments="x" * 256)).main_dicom_tags
    assert "ImageComments" not in read_header(dicom_file(ImageComments="x" * 257)).main_dicom_tags
    umlauts = dicom_file(SpecificCharacterSet="ISO_IR 192", ImageComments="ü" * 129)
    assert "ImageComments" not in read_header(umlauts).main_dicom_tags


def test_a_patient_id_may_be_missing() -> None:
    """Without PatientID the identifier is empty, and there is no such main tag."""
    header = read_header(dicom_file(PatientID=None))
    assert header.patient_id == ""
    assert "PatientID" not in header.main_dicom_tags


def test_of_two_the_first_counts() -> None:
    """A second PatientID does not turn the instance over to another patient: DCMTK keeps the first."""
    twice = dicom_file().replace(PATIENT_ID, PATIENT_ID + encoded_element(0x00100020, "LO", b"P2"))
    assert read_header(twice).patient_id == "P1"


@pytest.mark.parametrize("vr", ["UN", "OB", "ZZ"])
def test_a_wrong_vr_does_not_hide_an_identifier(vr: str) -> None:
    """What the VR does not tell, the dictionary does."""
    value = b"1.2\0"
    wrong = {
        "UN": b"\x20\0\x0d\0UN\0\0\4\0\0\0" + value,
        "OB": b"\x20\0\x0d\0OB\0\0\4\0\0\0" + value,
        "ZZ": b"\x20\0\x0d\0ZZ\4\0" + value,  # an unknown VR, with the length of a known one
    }
    header = read_header(dicom_file().replace(STUDY_UID, wrong[vr]))
    assert header.study_instance_uid == "1.2"


def test_an_element_with_implicit_vr_amid_explicit_ones_is_read() -> None:
    """Some writers lose the VR of single elements; DCMTK and pydicom forgive them."""
    implicit = struct.pack("<HHI", 0x0020, 0x000D, 4) + b"1.2\0"
    assert read_header(dicom_file().replace(STUDY_UID, implicit)).study_instance_uid == "1.2"


def test_a_file_may_lack_its_preamble() -> None:
    """File meta information at the very start is as good."""
    content = dicom_file(ExplicitVRBigEndian)
    header = read_header(content[PREAMBLE_BYTES:])
    assert header.transfer_syntax_uid == ExplicitVRBigEndian
    assert header.raw == content[PREAMBLE_BYTES:]


@pytest.mark.parametrize(
    "transfer_syntax_uid", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_a_bare_data_set_is_told_by_its_first_element(transfer_syntax_uid: str) -> None:
    """Without file meta information, VR encoding and byte order are inferred."""
    content = dicom_file(transfer_syntax_uid)
    order = ">" if transfer_syntax_uid == ExplicitVRBigEndian else "<"
    header = read_header(content[content.index(struct.pack(f"{order}HH", 0x0008, 0x0016)) :])
    assert header.transfer_syntax_uid == transfer_syntax_uid
    assert header.sop_instance_uid == "1.2.3.4"


def test_a_declared_syntax_that_is_not_used_is_seen_through() -> None:
    """A data set with implicit VR under an explicit transfer syntax is read by what it is."""
    implicit = dicom_file(ImplicitVRLittleEndian)
    mislabelled = implicit.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0")
    mislabelled = mislabelled.replace(b"\2\0\x10\0UI\x12\0", b"\2\0\x10\0UI\x14\0")
    assert read_header(mislabelled).transfer_syntax_uid == ExplicitVRLittleEndian
    assert read_header(mislabelled).study_instance_uid == "1.2"


def nested(depth: int) -> bytes:
    """Private sequences of undefined length, one in the other."""
    start = b"\x11\0\1\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    return start * depth + end * depth


def test_nested_sequences_are_stepped_over() -> None:
    """Neither the end of an inner sequence nor identifiers within it are mistaken for the outer ones."""
    inner = Dataset()
    inner.StudyInstanceUID = "9.9"
    inner.ReferencedSOPSequence = Sequence([Dataset(), inner.__class__()])
    outer = Dataset()
    outer.ReferencedSeriesSequence = Sequence([inner])
    outer.is_undefined_length_sequence_item = True
    outer["ReferencedSeriesSequence"].is_undefined_length = True
    header = read_header(dicom_file(ReferencedStudySequence=Sequence([outer])))
    assert header.study_instance_uid == "1.2"
    with_nesting = dicom_file().replace(STUDY_UID, nested(20) + STUDY_UID)
    assert read_header(with_nesting).study_instance_uid == "1.2"


def test_a_file_cut_short_in_its_pixels_is_taken() -> None:
    """What has arrived of an image is worth keeping: the header is whole."""
    content = shipped_file("CT_small.dcm").read_bytes()
    whole = read_header(content)
    for stop in (6288 + 8, 6288 + 12, 20_000):
        assert read_header(content[:stop]) == whole


def test_a_file_cut_short_before_its_pixels_is_refused() -> None:
    """Every cut within the last element before the pixel data, and in the file meta information."""
    content = shipped_file("CT_small.dcm").read_bytes()
    whole = read_header(content)
    last_element = len(whole.raw) - 20
    assert {refused(content[:stop]) for stop in (140, 300, 1000, last_element)} == {"truncated"}


def test_padding_after_the_data_set_is_ignored() -> None:
    """Tapes and discs pad files with zeros, in blocks of any size; other bytes are a cut element."""
    content = dicom_file()
    for padding in (b"\0", b"\0" * 7, b"\0" * 8, b"\0" * 500):
        assert read_header(content + padding).sop_instance_uid == "1.2.3.4"
    assert refused(content + b"\x99") == "truncated"


@pytest.mark.parametrize(
    "body",
    [b"", b"x", bytes(1_000_000), b'{"a": "document"}' * 100, b"PK\3\4" * 1000],
    ids=["empty", "one byte", "zeros", "json", "zip"],
)
def test_what_is_not_dicom_is_refused_as_such(body: bytes) -> None:
    """Nothing that merely could be read as elements is taken for a data set."""
    assert refused(body) == "not_dicom"


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("StudyInstanceUID", "missing_study_instance_uid"),
        ("SeriesInstanceUID", "missing_series_instance_uid"),
        ("SOPInstanceUID", "missing_sop_instance_uid"),
    ],
)
def test_an_instance_without_its_uids_is_refused(missing: str, code: Refusal) -> None:
    """Each of the three is needed to place the instance; an empty one is none."""
    without: dict[str, Any] = {missing: None}
    assert refused(dicom_file(**without)) == code
    empty: dict[str, Any] = {missing: ""}
    assert refused(dicom_file(**empty)) == code


def test_a_bare_data_set_needs_its_sop_class() -> None:
    """Without file meta information nothing else would say that this is DICOM."""
    content = dicom_file(SOPClassUID=None)
    assert refused(content[content.index(b"\x08\0\x18\0") :]) == "missing_sop_class_uid"


def test_an_identifier_too_long_for_the_index_is_refused() -> None:
    """300 characters are no PatientID (64 are allowed), and no key of a database."""
    long = encoded_element(0x00100020, "LO", b"P" * 300)
    assert refused(dicom_file().replace(PATIENT_ID, long)) == "identifier_too_long"


def test_sequences_without_end_or_sense_are_refused() -> None:
    """Nesting beyond all use, and something else where an item should be."""
    assert refused(dicom_file().replace(STUDY_UID, nested(65) + STUDY_UID)) == "nested_too_deeply"
    no_item = nested(1).replace(b"\xfe\xff\0\xe0", b"\xfe\xff\0\xe1")
    assert refused(dicom_file().replace(STUDY_UID, no_item + STUDY_UID)) == "malformed"


def test_what_cannot_be_inflated_is_refused() -> None:
    """A deflated transfer syntax, and no deflate stream."""
    content = dicom_file(DeflatedExplicitVRLittleEndian)
    meta = content[: content.index(b"1.2.840.10008.1.2.1.99") + 22]
    assert refused(meta + b"\xff" * 60) == "bad_deflate"


def test_a_dicomdir_is_refused_as_such() -> None:
    """A directory of files is not an instance, and its sender is told so."""
    assert refused(shipped_file("DICOMDIR").read_bytes()) == "dicomdir"


def test_too_many_elements_are_refused_in_bounded_time() -> None:
    """Millions of empty elements, at the top or in a sequence, end in a refusal."""
    element = struct.pack("<HHI", 0x0009, 0x1001, 0)
    empty = element * 2_000_001
    implicit = dicom_file(ImplicitVRLittleEndian)
    assert refused(implicit + empty) == "too_many_elements"
    start = struct.pack("<HHIHHI", 0x0009, 0x1002, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    assert refused(implicit + start + empty) == "too_many_elements"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    assert refused(implicit + start[:8] + item * 2_000_001) == "too_many_elements"


def test_meta_information_without_end_is_refused() -> None:
    """What is kept begins with the file meta information, so that may not be long either."""
    private = encoded_element(0x00020102, "OB", bytes(MAX_KEPT_ELEMENT_BYTES + 2))
    content = dicom_file()
    position = content.index(b"\2\0\x10\0UI")
    assert refused(content[:position] + private + content[position:]) == "meta_too_long"


def test_a_deflate_bomb_is_inflated_no_further_than_kept() -> None:
    """Zeros without end after the identifiers cost little memory; the header is still found."""
    length = 4 * MAX_KEPT_BYTES
    content = dicom_file(DeflatedExplicitVRLittleEndian)
    meta = content[: content.index(DeflatedExplicitVRLittleEndian.encode()) + 22]
    plain = dicom_file()
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    pieces = [
        deflater.compress(plain[plain.index(b"\x08\0\x16\0") :]),
        deflater.compress(struct.pack("<HH2sHI", 0x0021, 0x1001, b"OB", 0, length)),
    ]
    zeros = bytes(MAX_KEPT_ELEMENT_BYTES)
    pieces += [deflater.compress(zeros) for _ in range(length // len(zeros))]
    tracemalloc.start()
    header = read_header(meta + b"".join(pieces) + deflater.flush())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.study_instance_uid == "1.2"
    assert len(header.raw) < 2000
    assert peak_bytes < 3 * MAX_KEPT_BYTES


def test_a_long_element_is_stepped_over_and_not_kept() -> None:
    """Sixteen megabytes before the identifiers do not hide them, but end what is kept."""
    long = encoded_element(0x00091001, "OB", bytes(MAX_KEPT_ELEMENT_BYTES + 2))
    content = dicom_file()
    position = content.index(PATIENT_ID)
    header = read_header(content[:position] + long + content[position:])
    assert header.patient_id == "P1"
    assert header.raw == content[:position]


def test_no_more_is_kept_than_a_reader_can_hold() -> None:
    """Many long elements, none of them too long by itself: the kept part ends between two of them."""
    long = encoded_element(0x00091001, "OB", bytes(MAX_KEPT_ELEMENT_BYTES))
    content = dicom_file()
    position = content.index(PATIENT_ID)
    header = read_header(content[:position] + long * 5 + content[position:])
    assert header.patient_id == "P1"
    assert header.raw == content[:position] + long * 3


def test_an_upload_of_many_gigabytes_takes_little_memory(tmp_path: Path) -> None:
    """An 8 GiB multi-frame file is mapped, not read: a sparse file shows it."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(shipped_file("CT_small.dcm").read_bytes())
        file.truncate(8 * 1024**3)
    tracemalloc.start()
    with path.open("rb") as file:
        header = read_header(file)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.pixel_data_offset == 6288
    assert peak_bytes < 1024**2


def test_what_may_be_deflated_is_known_without_reading() -> None:
    """Whoever must not be kept waiting asks first; nothing that is deflated is missed."""
    shipped = [file.read_bytes() for file in shipped_files()]
    deflated = [body for body in shipped if read_file_meta(body).is_deflated]
    assert deflated
    assert all(map(may_be_deflated, deflated))
    assert not may_be_deflated(dicom_file())
