"""Identifiers as pydicom writes them, and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID
from pynetdicom.dsutils import encode

from axial.common.charsets import LATIN1
from axial.common.dictionary import STANDARD, Attribute, Dictionary
from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.messages.identifiers import Identifier, Key, read_identifier

SYNTAXES = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
)


def asked(
    dataset: Dataset,
    syntax: str = EXPLICIT_VR_LITTLE_ENDIAN,
    dictionary: Dictionary = STANDARD,
) -> Identifier:
    """Write an identifier as a peer does, and read it."""
    uid = UID(syntax)
    raw = encode(dataset, uid.is_implicit_VR, uid.is_little_endian, deflated=uid.is_deflated)
    assert raw is not None
    return read_identifier(raw, syntax, dictionary, LATIN1)


def query(**attributes: object) -> Dataset:
    """Make an identifier of the level STUDY."""
    dataset = Dataset()
    dataset.QueryRetrieveLevel = "STUDY"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_transfer_syntax(syntax: str) -> None:
    """Keys are read in their order with their VRs, whatever the encoding: lists, numbers, sequences."""
    code = query(CodeValue="C1")
    del code.QueryRetrieveLevel
    identifier = asked(
        query(
            StudyInstanceUID=["1.2", "1.3"],
            PatientName="A*",
            Rows=512,
            PatientID="",
            ProcedureCodeSequence=Sequence([code]),
        ),
        syntax,
    )
    assert identifier.level == "STUDY"
    assert identifier.character_set == ""
    assert identifier.keys == (
        Key(0x00081032, "SQ", "", items=(Key(0x00080100, "SH", "C1"),)),
        Key(0x00100010, "PN", "A*"),
        Key(0x00100020, "LO", ""),
        Key(0x0020000D, "UI", "1.2\\1.3"),
        Key(0x00280010, "US", "512"),
    )


@pytest.mark.parametrize(
    ("term", "name"),
    [("ISO_IR 192", "Łukasz"), ("\\ISO 2022 IR 87", "山田^太郎"), ("ISO_IR 144", "Иван")],
)
def test_the_named_character_set(term: str, name: str) -> None:
    """Texts are read by the character set that the identifier names."""
    identifier = asked(query(SpecificCharacterSet=term.split("\\"), PatientName=name))
    assert identifier.character_set == term
    assert identifier.keys == (Key(0x00100010, "PN", name),)


def test_no_named_character_set() -> None:
    """Texts of an identifier that names no character set are read by the default encoding."""
    raw = b"\x10\x00\x10\x00PN\x06\x00M\xfcller"
    (key,) = read_identifier(raw, EXPLICIT_VR_LITTLE_ENDIAN, STANDARD, LATIN1).keys
    assert key.text == "Müller"


def test_what_is_no_key() -> None:
    """Group lengths and what stands below group 0008 ask nothing."""
    raw = b"\x08\x00\x00\x00UL\x04\x00\x08\x00\x00\x00\x02\x00\x10\x00UI\x02\x001\x00"
    assert read_identifier(raw, EXPLICIT_VR_LITTLE_ENDIAN, STANDARD, LATIN1).keys == ()


def test_private_keys() -> None:
    """A private key has the VR of the configured dictionary, else the one that was sent."""
    dataset = query()
    dataset.add_new(0x00090010, "LO", "ACME")
    dataset.add_new(0x00091001, "LO", "x")
    dictionary = Dictionary([Attribute(0x00090001, "SH", "AcmeThing", "ACME")])
    assert asked(dataset).keys[1] == Key(0x00091001, "LO", "x")
    assert asked(dataset, IMPLICIT_VR_LITTLE_ENDIAN).keys[1].vr == "UN"
    assert asked(dataset, IMPLICIT_VR_LITTLE_ENDIAN, dictionary).keys[1] == Key(
        0x00091001, "SH", "x"
    )


def test_what_cannot_be_asked() -> None:
    """Bytes and a sequence's second item are told apart from what asks nothing."""
    dataset = query(ProcedureCodeSequence=Sequence([Dataset(), Dataset()]))
    dataset.add_new(0x00420011, "OB", b"%PDF")
    dataset.add_new(0x7FE00010, "OW", b"")
    assert [key.is_beyond for key in asked(dataset).keys] == [True, True, False]


@given(st.binary(max_size=200), st.sampled_from(SYNTAXES))
def test_anything_sent(raw: bytes, syntax: str) -> None:
    """Whatever a peer sends is read as far as it can be, and raises nothing."""
    read_identifier(raw, syntax, STANDARD, LATIN1)
