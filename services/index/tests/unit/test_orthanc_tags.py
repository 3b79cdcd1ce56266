"""An instance's tags in Orthanc's three formats."""

import struct

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from axial.common.testing.dicom_files import dicom_file, encoded_element
from axial.index.orthanc_names import name_of
from axial.index.orthanc_tags import TagFormat, instance_tags

pytestmark = pytest.mark.unit

STUDY_UID = encoded_element(0x0020000D, "UI", b"1.2\0")


def with_elements(*elements: bytes) -> bytes:
    """A file with more elements after its study."""
    return dicom_file().replace(STUDY_UID, STUDY_UID + b"".join(elements))


def test_the_three_formats() -> None:
    """One sequence, one text: keyed by tag with all about it, by tag, and by name."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    content = dicom_file(ReferencedImageSequence=Sequence([item, Dataset()]), PatientName="Doe^J")
    full = instance_tags(content, TagFormat.FULL)
    assert full["0010,0010"] == {"Name": "PatientName", "Type": "String", "Value": "Doe^J"}
    reference = {"Name": "ReferencedSOPInstanceUID", "Type": "String", "Value": "1.2.3"}
    assert full["0008,1140"] == {
        "Name": "ReferencedImageSequence",
        "Type": "Sequence",
        "Value": [{"0008,1155": reference}, {}],
    }
    short = instance_tags(content, TagFormat.SHORT)
    assert short["0010,0010"] == "Doe^J"
    assert short["0008,1140"] == [{"0008,1155": "1.2.3"}, {}]
    simplified = instance_tags(content, TagFormat.SIMPLIFIED)
    assert simplified["PatientName"] == "Doe^J"
    assert simplified["ReferencedImageSequence"] == [{"ReferencedSOPInstanceUID": "1.2.3"}, {}]


@pytest.mark.parametrize("tag_format", TagFormat)
def test_keys_are_in_order(tag_format: TagFormat) -> None:
    """Orthanc's JSON is sorted by key, whatever the order in the file."""
    late = encoded_element(0x00080008, "CS", b"AXIAL ")
    keys = list(instance_tags(with_elements(late), tag_format))
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("vr", "value", "shown"),
    [
        ("CS", b"A\\B ", ("String", "A\\B")),
        ("LO", b" A  ", ("String", " A")),
        ("DS", b"1.50", ("String", "1.50")),
        ("UI", b"", ("String", "")),
        ("US", b"\1\0\2\0", ("String", "1\\2")),
        ("SS", b"\xff\xff", ("String", "-1")),
        ("FL", struct.pack("<f", 9.7), ("String", "9.6999998092651367")),
        ("FD", struct.pack("<d", 0.5), ("String", "0.5")),
        ("AT", b"\x18\0\x63\x10", ("String", "0018,1063")),
        ("AT", b"", ("Null", None)),
        ("US", b"", ("Null", None)),
        ("OB", b"1234", ("Null", None)),
        ("UN", b"1234", ("Null", None)),
        ("LT", b"x" * 256, ("String", "x" * 256)),
        ("LT", b"x" * 257, ("TooLong", None)),
        ("US", b"\1\0" * 150, ("TooLong", None)),
    ],
)
def test_values_are_shown_by_their_vr(vr: str, value: bytes, shown: tuple[str, object]) -> None:
    """Texts without padding, numbers joined, binary and overlong values as null."""
    element = instance_tags(with_elements(encoded_element(0x00211001, vr, value)), TagFormat.FULL)[
        "0021,1001"
    ]
    assert (element["Type"], element["Value"]) == shown


def test_the_length_can_be_ignored() -> None:
    """`ignore-length` shows an overlong text, of that tag alone."""
    content = dicom_file(ImageComments="x" * 300, PatientComments="y" * 300)
    shown = instance_tags(content, TagFormat.SIMPLIFIED, ignore_length={0x00204000})
    assert shown["ImageComments"] == "x" * 300
    assert shown["PatientComments"] is None


def test_pixel_data_are_shown_as_null() -> None:
    """The header lacks the pixel data, and clients see that the instance has some."""
    full = instance_tags(dicom_file(), TagFormat.FULL, pixel_data_vr="OW")
    assert full["7fe0,0010"] == {"Name": "PixelData", "Type": "Null", "Value": None}
    simplified = instance_tags(dicom_file(), TagFormat.SIMPLIFIED, pixel_data_vr="OD")
    assert simplified["DoubleFloatPixelData"] is None
    assert "7fe0,0010" not in instance_tags(dicom_file(), TagFormat.SHORT)


def test_private_elements_bear_their_creator() -> None:
    """Known ones by name, unknown ones as DCMTK says; the creator stands by, in every item anew."""
    content = with_elements(
        encoded_element(0x00190010, "LO", b"GEMS_ACQU_01"),
        encoded_element(0x00191003, "DS", b"1.5 "),
        encoded_element(0x001910FF, "CS", b"A "),
        encoded_element(0x00211001, "CS", b"B "),
    )
    full = instance_tags(content, TagFormat.FULL)
    assert full["0019,0010"]["Name"] == "PrivateCreator"
    assert full["0019,1003"] == {
        "Name": "CellNumberAtTheta",
        "PrivateCreator": "GEMS_ACQU_01",
        "Type": "String",
        "Value": "1.5",
    }
    assert full["0019,10ff"]["Name"] == "Unknown Tag & Data"
    assert "PrivateCreator" not in full["0021,1001"]


def test_text_that_came_as_un_is_shown_when_its_vr_is_known() -> None:
    """Public attributes by the data set's character set, private ones only in ASCII."""
    creator = encoded_element(0x00190010, "LO", b"GEMS_ACQU_01")
    shown = instance_tags(
        with_elements(
            encoded_element(0x00101000, "UN", b"J\xe9"),
            creator,
            encoded_element(0x00191003, "UN", b"1.5 "),
            encoded_element(0x00191004, "UN", b"\xe9 "),
        ),
        TagFormat.SHORT,
    )
    assert (shown["0010,1000"], shown["0019,1003"], shown["0019,1004"]) == ("Jé", "1.5", None)


def test_private_vrs_are_looked_up_in_implicit_vr() -> None:
    """Without a VR in the file, the creator's dictionary tells it."""
    implicit = dicom_file(ImplicitVRLittleEndian)
    more = struct.pack("<HHI", 0x0019, 0x0010, 12) + b"GEMS_ACQU_01"
    more += struct.pack("<HHI", 0x0019, 0x1003, 4) + b"1.5 "
    assert instance_tags(implicit + more, TagFormat.SHORT)["0019,1003"] == "1.5"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (0x00100010, "PatientName"),
        (0x00080000, "GenericGroupLength"),
        (0x00190000, "PrivateGroupLength"),
        (0x00321030, "RETIRED_ReasonForStudy"),
        (0x00101000, "OtherPatientIDs"),
        (0x60003000, "OverlayData"),
        (0x00089999, "Unknown Tag & Data"),
        (0x00191003, "Unknown Tag & Data"),
    ],
)
def test_names_are_dcmtks(tag: int, name: str) -> None:
    """Keywords, marked when they are retired, and DCMTK's words for the rest."""
    assert name_of(tag) == name
