"""Answers to a C-FIND, in any character set, and whatever else may be in them."""

import io
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset

from axial.common.dictionary import STANDARD
from axial.common.identifiers import Level
from axial.common.orthanc_tags import TagFormat
from axial.common.tag_formats import in_format
from axial.dimse.asking.find import Match
from axial.router.queries.matches import Shown, texts_of

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"


def shown(data_set: Dataset, level: Level | None = Level.STUDY, syntax: str = EXPLICIT) -> Any:
    """Show an answer as another program would have sent it."""
    raw = io.BytesIO()
    file = DicomFileLike(raw)
    file.is_little_endian, file.is_implicit_VR = True, syntax == IMPLICIT
    write_dataset(file, data_set)
    match = Match(raw.getvalue(), syntax)
    return Shown(level, "Latin1", STANDARD).of(match)


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("", "Müller"),
        ("ISO_IR 192", "Ünal^Ö=王^小東"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("GBK", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 144", "Жук^Юлия"),
        ("ISO_IR 127", "قباني^لنزار"),
    ],
)
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_names_are_told_whatever_their_character_set(
    character_set: Any, name: str, syntax: str
) -> None:
    """What an archive tells in a character set of its own is told as it was meant; that set is told as well."""
    answer = Dataset()
    if character_set:
        answer.SpecificCharacterSet = character_set
        answer.PatientName = name
    else:
        answer.add_new(0x00100010, "PN", name.encode("latin1"))
    told = in_format(shown(answer, syntax=syntax), TagFormat.SIMPLIFIED)
    assert told["PatientName"] == name
    expected = character_set if isinstance(character_set, str) else "\\".join(character_set)
    assert told["SpecificCharacterSet"] == (expected or "ISO_IR 100")
    assert told["QueryRetrieveLevel"] == "STUDY"


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_sequences_and_private_attributes_are_told(syntax: str) -> None:
    """They belong to the answer, but name nothing: only texts are retrieved by."""
    item, answer = Dataset(), Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    answer.ReferencedStudySequence = [item]
    answer.StudyInstanceUID = "1.2"
    answer.private_block(0x0009, "AXIAL", create=True).add_new(1, "LO", "mine")
    told = shown(answer, syntax=syntax)
    assert told["0008,1110"]["Value"][0]["0008,1155"]["Value"] == "1.2.3"
    assert told["0009,1001"]["Value"] == "mine" or syntax == IMPLICIT
    assert told["0009,1001"]["PrivateCreator"] == "AXIAL"
    assert texts_of(told)[0x0020000D] == "1.2"
    assert 0x00081110 not in texts_of(told)
    # A worklist's items are told as they are.
    assert "0008,0052" not in shown(answer, None, syntax)
