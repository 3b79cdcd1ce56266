"""An instance's tags in Orthanc's three formats."""

import struct

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ImplicitVRLittleEndian

from axial.common.dictionary import Attribute, Dictionary
from axial.common.encodings import ENCODINGS
from axial.common.orthanc_names import name_of
from axial.common.orthanc_tags import TagFormat, file_meta_tags, instance_tags
from axial.common.reading import Reading
from axial.common.testing.dicom_files import dicom_file, encoded_element

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


def test_nothing_behind_the_pixel_data() -> None:
    """Orthanc shows nothing behind the place of the pixel data, whether there are any or not."""
    behind = encoded_element(0x7FE10010, "LO", b"ME") + encoded_element(0xFFFCFFFC, "OB", b"\0\0")
    file = dicom_file()
    assert instance_tags(file + behind, TagFormat.FULL) == instance_tags(file, TagFormat.FULL)


def test_configured_names() -> None:
    """Names of the configuration are shown, and their VRs tell how to read what came as UN."""
    reading = Reading(
        Dictionary(
            [
                Attribute(0x00140001, "LO", "Ours"),
                Attribute(0x009900C2, "LO", "Theirs", "ME"),
                Attribute(0x009900C3, "LO", "Others", "YOU"),
            ]
        )
    )
    file = dicom_file() + encoded_element(0x00140001, "UN", b"a ")
    file += encoded_element(0x00990010, "LO", b"ME") + encoded_element(0x009910C2, "UN", b"b ")
    full = instance_tags(file, TagFormat.FULL, reading=reading)
    assert full["0014,0001"] == {"Name": "Ours", "Type": "String", "Value": "a"}
    assert full["0099,10c2"] == {
        "Name": "Theirs",
        "PrivateCreator": "ME",
        "Type": "String",
        "Value": "b",
    }
    assert instance_tags(file, TagFormat.SIMPLIFIED, reading=reading)["Theirs"] == "b"
    assert instance_tags(file, TagFormat.FULL)["0099,10c2"]["Value"] is None


def test_the_default_character_set() -> None:
    """Texts of a file that names no character set are in the default one, in items as well."""
    item = encoded_element(0x00100010, "PN", b"\xc4\xf6")
    head = struct.pack("<HHI", 0xFFFE, 0xE000, len(item))
    file = with_elements() + item + encoded_element(0x00401001, "SQ", head + item)
    greek = Reading(default_charset=ENCODINGS["Greek"])
    for reading, text in ((greek, "Δφ"), (Reading(), "Äö")):
        shown = instance_tags(file, TagFormat.SHORT, reading=reading)
        assert (shown["0010,0010"], shown["0040,1001"]) == (text, [{"0010,0010": text}])


def test_file_meta_information() -> None:
    """The tags of the file meta information, without what is binary; none when the file has none."""
    file = dicom_file()
    assert file_meta_tags(file, TagFormat.SHORT) == {
        "0002,0000": str(int.from_bytes(file[140:144], "little")),
        "0002,0002": "1.2.840.10008.5.1.4.1.1.2",
        "0002,0003": "1.2.3.4",
        "0002,0010": "1.2.840.10008.1.2.1",
        "0002,0012": PYDICOM_IMPLEMENTATION_UID,
        "0002,0013": f"PYDICOM {pydicom.__version__}",
    }
    assert "FileMetaInformationGroupLength" in file_meta_tags(file, TagFormat.SIMPLIFIED)
    assert (
        file_meta_tags(file[int.from_bytes(file[140:144], "little") + 144 :], TagFormat.FULL) == {}
    )
