"""The DICOM JSON model of a header."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from axial.common.dicom_json import dicom_json
from axial.common.testing.dicom_files import dicom_file, encoded_element

pytestmark = pytest.mark.unit

STUDY_UID = encoded_element(0x0020000D, "UI", b"1.2\0")


def shown(content: bytes) -> dict[str, Any]:
    """The JSON object of a file."""
    document: dict[str, Any] = json.loads(dicom_json(content))
    return document


def shown_element(tag: int, vr: str, value: bytes) -> Any:
    """The JSON of one element, encoded just as told."""
    element = encoded_element(tag, vr, value)
    return shown(dicom_file().replace(STUDY_UID, STUDY_UID + element)).get(f"{tag:08X}")


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("AE", b" STORE ", ["STORE"]),
        ("CS", b"ORIGINAL \\PRIMARY", ["ORIGINAL", "PRIMARY"]),
        ("CS", b"A\\\\B", ["A", None, "B"]),
        ("UI", b"1.2.3\0", ["1.2.3"]),
        ("UI", b"1.2\\1.3\0", ["1.2", "1.3"]),
        ("LT", b" a\\b \r\n ", [" a\\b \r\n"]),
        ("UT", b'say "\x01"\t', ['say "\x01"\t']),
        ("LO", b"a\0b\0", ["ab"]),
        ("SH", b"\\", [None, None]),
        ("DS", b"1099.3100585938", [1099.3100585938]),
        ("DS", b"-0.5\\ 1 \\+2", [-0.5, 1, 2]),
        ("DS", b".5\\5.\\007\\1E3", [0.5, 5, 7, 1000]),
        ("DS", b"1E400\\nan", ["1E400", "nan"]),
        ("DS", b"1\\\\2", [1, None, 2]),
        ("IS", b"12 ", [12]),
        ("IS", b"1A", ["1A"]),
        ("PN", b"Doe^Jane", [{"Alphabetic": "Doe^Jane"}]),
        ("PN", b"A^B\\C^D", [{"Alphabetic": "A^B"}, {"Alphabetic": "C^D"}]),
        ("PN", b"A==C", [{"Alphabetic": "A", "Phonetic": "C"}]),
        ("PN", b"=B", [{"Ideographic": "B"}]),
        ("AT", b"\x10\0\x20\0\x18\0\x63\x10", ["00100020", "00181063"]),
        ("US", b"\1\0\xff\xff", [1, 65535]),
        ("SS", b"\xff\xff", [-1]),
        ("UL", b"\xff\xff\xff\xff", [4294967295]),
        ("UV", b"\xff" * 8, [2**64 - 1]),
        ("FL", struct.pack("<2f", 0.5, 1e10), [0.5, 1e10]),
        ("FD", struct.pack("<3d", 0.1, float("nan"), float("-inf")), [0.1, "NaN", "-Infinity"]),
    ],
)
def test_values_are_shown_by_their_vr(vr: str, value: bytes, expected: list[object]) -> None:
    """Each VR with its type in JSON, its padding and its multiplicity (annex F.2.3)."""
    assert shown_element(0x00211001, vr, value) == {"vr": vr, "Value": expected}


@pytest.mark.parametrize("vr", ["CS", "DS", "US", "PN", "AT", "SQ", "UT"])
def test_an_empty_value_has_no_value(vr: str) -> None:
    """Neither a null nor an empty list (annex F.2.5)."""
    assert shown_element(0x00211001, vr, b"") == {"vr": vr}


@pytest.mark.parametrize("vr", ["OB", "OD", "OF", "OL", "OV", "OW", "UN"])
def test_bulk_data_are_left_out_at_any_depth(vr: str) -> None:
    """No binary value stands in the metadata, as with the Azure DICOM service."""
    assert shown_element(0x00211001, vr, b"12345678") is None
    item = encoded_element(0x00211001, vr, b"12345678") + encoded_element(0x00211002, "CS", b"A ")
    sequence = b"\xfe\xff\0\xe0" + struct.pack("<I", len(item)) + item
    assert shown_element(0x00211003, "SQ", sequence) == {
        "vr": "SQ",
        "Value": [{"00211002": {"vr": "CS", "Value": ["A"]}}],
    }


def test_a_known_attribute_that_came_as_un_is_bulk_data() -> None:
    """The service that Azure's clients know does not guess its VR either."""
    assert shown_element(0x00101000, "UN", b"other id") is None


def test_meta_information_and_group_lengths_are_left_out() -> None:
    """Neither group 0002 nor (gggg,0000) is part of a DICOM JSON object."""
    length = encoded_element(0x00210000, "UL", b"\4\0\0\0")
    document = shown(dicom_file().replace(STUDY_UID, STUDY_UID + length))
    assert not [key for key in document if key.startswith("0002") or key.endswith("0000")]


@pytest.mark.parametrize(
    "transfer_syntax_uid", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_each_encoding_shows_the_same(transfer_syntax_uid: str) -> None:
    """Sequences, empty items, numbers and tags do not depend on the transfer syntax."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    item.PurposeOfReferenceCodeSequence = Sequence()
    document = shown(
        dicom_file(
            transfer_syntax_uid,
            ReferencedImageSequence=Sequence([item, Dataset()]),
            FrameIncrementPointer=0x00181063,
            Rows=512,
            PixelRepresentation=1,
            SmallestImagePixelValue=-5,
        )
    )
    assert document["00081140"]["Value"] == [
        {"00081155": {"vr": "UI", "Value": ["1.2.3"]}, "0040A170": {"vr": "SQ"}},
        {},
    ]
    assert document["00280009"] == {"vr": "AT", "Value": ["00181063"]}
    assert document["00280010"] == {"vr": "US", "Value": [512]}
    assert document["00280106"] == {"vr": "SS", "Value": [-5]}


def test_items_may_have_their_own_character_set() -> None:
    """An item without one inherits that of the data set around it (PS3.5 section 7.5.3)."""
    own, inheriting = Dataset(), Dataset()
    own.SpecificCharacterSet = "ISO_IR 144"
    own.CodeMeaning = "Люк"
    inheriting.CodeMeaning = "Müller"
    document = shown(
        dicom_file(
            SpecificCharacterSet="ISO_IR 192",
            PatientName="王^小東",
            ConceptNameCodeSequence=Sequence([own, inheriting]),
        )
    )
    assert document["00100010"]["Value"] == [{"Alphabetic": "王^小東"}]
    meanings = [item["00080104"]["Value"] for item in document["0040A043"]["Value"]]
    assert meanings == [["Люк"], ["Müller"]]


def test_what_cannot_be_decoded_is_replaced() -> None:
    """The readable part of a damaged text remains."""
    content = dicom_file(SpecificCharacterSet="ISO_IR 192", StudyDescription="ab")
    assert shown(content.replace(b"LO\2\0ab", b"LO\2\0a\xff"))["00081030"]["Value"] == ["a\ufffd"]


def test_keys_are_in_order() -> None:
    """Annex F.2.2 wants ascending tags, whatever the order in the file."""
    late = encoded_element(0x00080008, "CS", b"AXIAL ")
    keys = list(shown(dicom_file().replace(STUDY_UID, STUDY_UID + late)))
    assert keys == sorted(keys)


@given(
    vr=st.sampled_from(["DS", "IS", "FD", "FL", "AT", "PN", "UC", "SS"]),
    value=st.binary(max_size=60),
)
def test_any_value_becomes_json(vr: str, value: bytes) -> None:
    """No bytes of any VR make the document invalid, or change its other elements."""
    document = shown(
        dicom_file().replace(STUDY_UID, STUDY_UID + encoded_element(0x00211001, vr, value))
    )
    assert document["0020000E"] == {"vr": "UI", "Value": ["1.2.3"]}
    assert document["00211001"]["vr"] == vr
