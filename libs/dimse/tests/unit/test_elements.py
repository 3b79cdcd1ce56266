"""Data sets made of texts, read back by pydicom."""

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.messages.elements import ElementWriter, Item, Written
from axial.dimse.messages.part10 import file_head
from axial.dimse.messages.repertoires import UTF_8

SYNTAXES = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
)


def read(syntax: str, elements: Item) -> Dataset:
    """Write elements, and read them with pydicom."""
    raw = ElementWriter(syntax).data_set(elements, UTF_8)
    assert len(raw) % 2 == 0
    return dcmread(BytesIO(file_head("1.2", "1.2.3", syntax, "AET") + raw))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_written_can_be_read(syntax: str) -> None:
    """Texts, numbers, tags and nested sequences are the same in every transfer syntax of messages."""
    nested = [Written(0x00080100, "SH", "C1"), Written(0x00280010, "US", "7")]
    dataset = read(
        syntax,
        [
            Written(0x00080005, "CS", "ISO_IR 192"),
            Written(0x00080061, "CS", "CT\\MR"),
            Written(0x00081032, "SQ", [nested, []]),
            Written(0x00100010, "PN", "Łukasz^Ż"),
            Written(0x00100030, "DA", ""),
            Written(0x00182042, "UI", "1.2.3"),
            Written(0x00186020, "SL", "-5\\6"),
            Written(0x00189087, "FD", "0.5"),
            Written(0x00280009, "AT", "0018,1063"),
            Written(0x00280010, "US", "512"),
            Written(0x00280106, "US or SS", "3"),
        ],
    )
    assert list(dataset.ModalitiesInStudy) == ["CT", "MR"]
    assert dataset.PatientName == "Łukasz^Ż"
    assert dataset.PatientBirthDate == ""
    assert dataset[0x00182042].value == "1.2.3"
    assert list(dataset[0x00186020].value) == [-5, 6]
    assert dataset[0x00189087].value == 0.5
    assert dataset.FrameIncrementPointer == 0x00181063
    assert dataset.Rows == 512
    assert dataset[0x00280106].value in {3, b"\x03\x00"}
    first, second = dataset.ProcedureCodeSequence
    assert (first.CodeValue, first.Rows, len(second)) == ("C1", 7, 0)


@pytest.mark.parametrize(
    ("vr", "text"),
    [("US", "70000"), ("US", "-1"), ("US", "much"), ("FL", "1e99"), ("AT", "0018"), ("OB", "x")],
)
def test_what_is_no_value_of_its_vr(vr: str, text: str) -> None:
    """What cannot be written as its VR is left empty, and spoils nothing else."""
    written = [Written(0x00280010, vr, text), Written(0x00280011, "US", "9")]
    dataset = read(EXPLICIT_VR_LITTLE_ENDIAN, written)
    assert dataset[0x00280010].VM == 0
    assert dataset.Columns == 9


def test_a_text_beyond_its_length_field() -> None:
    """A text that is too long for its VR is written as UN, which the standard has for it."""
    dataset = read(EXPLICIT_VR_LITTLE_ENDIAN, [Written(0x00104000, "LT", "x" * 70_001)])
    assert len(dataset[0x00104000].value) in {70_001, 70_002}


def test_nothing_known_of_an_attribute() -> None:
    """A text of an attribute that nobody knows is handed on as it is."""
    raw = ElementWriter(EXPLICIT_VR_LITTLE_ENDIAN).data_set(
        [Written(0x00091001, "UN", "abc")], UTF_8
    )
    assert raw == b"\x09\x00\x01\x10UN\0\0\x04\0\0\0abc\0"
