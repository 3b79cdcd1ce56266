"""What the index is asked for an identifier, and how its matches are told."""

import pytest

from axial.common.dictionary import STANDARD
from axial.common.identifiers import Level
from axial.dicom_gateway.index_client import Conditions
from axial.dicom_gateway.operations.questions import Answers, Match, question_of
from axial.dimse.messages.elements import Written
from axial.dimse.messages.identifiers import Identifier, Key
from axial.dimse.messages.repertoires import repertoires

NAME = Key(0x00100010, "PN", "")
PATIENT_ID = Key(0x00100020, "LO", "A*")
LATIN1 = repertoires("", "Latin1")


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("PATIENT", Level.PATIENT),
        ("STUDY", Level.STUDY),
        ("series", Level.SERIES),
        ("IMAGE", Level.INSTANCE),
        ("INSTANCE", Level.INSTANCE),
    ],
)
def test_levels(word: str, level: Level) -> None:
    """A level is taken by the standard's name and by those that Orthanc takes besides."""
    question = question_of(Identifier(word, "", ()))
    assert question is not None
    assert question.asked.level is level


@pytest.mark.parametrize("word", ["", "WORKLIST"])
def test_no_level(word: str) -> None:
    """Without a level that is known there is no question."""
    assert question_of(Identifier(word, "", (PATIENT_ID,))) is None


def test_what_is_matched() -> None:
    """Matched is what has a value, but for asterisks alone and for what is told only; told is every key."""
    items = (Key(0x00080100, "SH", "C1"), Key(0x00080104, "LO", ""))
    keys = (
        Key(0x00080020, "DA", "*"),
        Key(0x00080054, "AE", "OTHER"),
        Key(0x00080056, "CS", "NEARLINE"),
        Key(0x00080201, "SH", "+0100"),
        Key(0x00081032, "SQ", "", items=items),
        Key(0x00081140, "SQ", "", items=items[1:]),
        NAME,
        PATIENT_ID,
    )
    question = question_of(Identifier("STUDY", "", keys))
    assert question is not None
    assert question.asked.conditions == Conditions(
        {0x00100020: "A*"}, {0x00081032: Conditions({0x00080100: "C1"}, {})}
    )
    assert question.asked.tell == [
        0x00080020,
        0x00080201,
        0x00081032,
        0x00081140,
        0x00100010,
        0x00100020,
    ]
    assert not question.is_loose


@pytest.mark.parametrize("within", [False, True])
def test_what_is_not_looked_at(*, within: bool) -> None:
    """A key that cannot be matched makes the question a loose one, within a sequence, too."""
    key = Key(0x00420011, "OB", "", is_beyond=True)
    if within:
        key = Key(0x00081032, "SQ", "", items=(key,))
    question = question_of(Identifier("STUDY", "", (key,)))
    assert question is not None
    assert question.is_loose


def written(match: Match, *keys: Key, character_set: str = "") -> list[Written]:
    """Write one answer."""
    some = repertoires(character_set, "Latin1")
    identifier = Identifier("STUDY", character_set, keys)
    return Answers(identifier, "AXIAL", STANDARD, some).answer(match)[0]


def test_an_answer() -> None:
    """An answer has each key in order, empty where there is nothing, with the level and our title."""
    assert written({"0010,0020": "A1", "0010,0010": "Müller"}, NAME, PATIENT_ID) == [
        Written(0x00080005, "CS", "ISO_IR 100"),
        Written(0x00080052, "CS", "STUDY"),
        Written(0x00080054, "AE", "AXIAL"),
        Written(0x00100010, "PN", "Müller"),
        Written(0x00100020, "LO", "A1"),
    ]
    assert written({}, PATIENT_ID)[-1] == Written(0x00100020, "LO", "")


@pytest.mark.parametrize(
    ("asked", "name", "term"),
    [
        ("", "Müller", "ISO_IR 100"),
        ("", "山田", "ISO_IR 192"),
        ("ISO_IR 192", "Müller", "ISO_IR 192"),
        ("ISO_IR 144", "Müller", "ISO_IR 100"),
    ],
)
def test_the_character_set_of_an_answer(asked: str, name: str, term: str) -> None:
    """An answer is in the question's character set if it fits, else in the default, else in UTF-8."""
    answer = written({"0010,0010": name}, NAME, character_set=asked)
    assert answer[0] == Written(0x00080005, "CS", term)


def test_what_we_know_ourselves() -> None:
    """Instances are online, and are retrieved from us, whatever was asked for."""
    answer = written({}, Key(0x00080054, "AE", "OTHER"), Key(0x00080056, "CS", ""))
    assert Written(0x00080054, "AE", "AXIAL") in answer
    assert Written(0x00080056, "CS", "ONLINE") in answer


def test_private_attributes_keep_their_creator() -> None:
    """Whoever reserves a block is told with it, though the match has it not."""
    answer = written({"0009,1001": "x"}, Key(0x00090010, "LO", "ACME"), Key(0x00091001, "SH", ""))
    assert answer[-2:] == [Written(0x00090010, "LO", "ACME"), Written(0x00091001, "SH", "x")]


def test_sequences() -> None:
    """A sequence is told with all its items, in their order of tags, with the VRs of the dictionary."""
    item = {
        "0040,a043": [{"0008,0100": "C2"}],
        "0008,0100": "C1",
        "0008,0005": "ISO_IR 144",
        "0028,0010": None,
    }
    key = Key(0x00081032, "SQ", "")
    assert written({"0008,1032": [item, {}]}, key)[-1] == Written(
        0x00081032,
        "SQ",
        [
            [
                Written(0x00080100, "SH", "C1"),
                Written(0x00280010, "US", ""),
                Written(0x0040A043, "SQ", [[Written(0x00080100, "SH", "C2")]]),
            ],
            [],
        ],
    )
    assert written({}, key)[-1] == Written(0x00081032, "SQ", [])
    assert written({"0008,1032": "no sequence"}, key)[-1] == Written(0x00081032, "SQ", [])
