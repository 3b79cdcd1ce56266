"""Names of attributes that the configuration adds."""

import pytest

from axial.common.dictionary import STANDARD, Attribute, Dictionary
from axial.common.dictionary_option import read_dictionary

pytestmark = pytest.mark.unit

# The examples of Orthanc's own configuration file.
DICTIONARY = Dictionary(
    read_dictionary(
        {
            "0014,0001": ["DA", "ValidationExpiryDate", 1, 1],
            "00e1,c2": ["UI", "PET-CT Multi Modality Name", 1, 1, "ELSCINT1"],
            "7053,1003": ["ST", "Original Image Filename", 1, 1, "Philips PET Private Group"],
            "4d4d,1016": ["LO", "Unreserved", 1, 0],
        }
    )
)


def test_a_public_attribute() -> None:
    """What the standard does not know has the name and the VR it was given."""
    assert DICTIONARY.name_of(0x00140001) == "ValidationExpiryDate"
    assert DICTIONARY.vr_of(0x00140001) == "DA"
    assert DICTIONARY.parse("ValidationExpiryDate") == 0x00140001


@pytest.mark.parametrize(
    ("tag", "creator", "name"),
    [
        (0x00E110C2, "ELSCINT1", "PET-CT Multi Modality Name"),
        (0x00E111C2, "ELSCINT1", "PET-CT Multi Modality Name"),
        (0x00E110C2, "Other", None),
        (0x00E110C2, "", None),
        (0x70531003, "Philips PET Private Group", "Original Image Filename"),
        (0x70531103, "Philips PET Private Group", "Original Image Filename"),
        (0x4D4D1016, "", "Unreserved"),
        (0x4D4D1016, "Lunit", None),
    ],
)
def test_a_private_attribute(tag: int, creator: str, name: str | None) -> None:
    """It is its creator's, in whichever block that one has reserved; without a creator it stands in no block."""
    assert DICTIONARY.name_of(tag, creator) == name


def test_a_private_vr_goes_before_the_vendors() -> None:
    """What the configuration says of a VR holds, otherwise what is known anyway."""
    assert DICTIONARY.vr_of(0x70531003, "Philips PET Private Group") == "ST"
    assert DICTIONARY.vr_of(0x70531000, "Philips PET Private Group") == "DS"
    assert DICTIONARY.vr_of(0x70531003, "Nobody") == "UN"
    assert (DICTIONARY.vr_of(0x00100010), STANDARD.vr_of(0x00140001)) == ("PN", "UN")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("0010,0020", 0x00100020),
        ("0010-0020", 0x00100020),
        ("00100020", 0x00100020),
        ("PatientID", 0x00100020),
        ("PET-CT Multi Modality Name", 0x00E110C2),
        ("Original Image Filename", 0x70531003),
        ("Unreserved", 0x4D4D1016),
        ("Nothing", None),
        ("", None),
    ],
)
def test_spellings(text: str, tag: int | None) -> None:
    """Tags are read in every spelling; a private one without a block is looked for in the first."""
    assert DICTIONARY.parse(text) == tag


def test_a_name_of_the_standard_stays_its_own() -> None:
    """Who gives a private attribute the name of a public one finds the public one by it."""
    dictionary = Dictionary([Attribute(0x00991001, "LO", "PatientID", "Me")])
    assert dictionary.parse("PatientID") == 0x00100020
    assert dictionary.name_of(0x00991001, "Me") == "PatientID"


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ([], "must be an object of tags"),
        ({"0014": ["DA", "A", 1, 1]}, "0014: is no tag"),
        ({"0014,c": ["DA", "A", 1, 1]}, "0014,c: is no tag"),
        ({"0014,0001": "A"}, "0014,0001: must be"),
        ({"0014,0001": ["DA", "A", 1]}, "0014,0001: must be"),
        ({"0014,0001": ["DA", "A", 1, 1, 1]}, "0014,0001: must be"),
        ({"0014,0001": ["XX", "A", 1, 1]}, "0014,0001: there is no VR XX"),
        ({"0014,0001": ["DA", "", 1, 1]}, "0014,0001: has no name"),
        ({"0014,0001": ["DA", "A", 0, 1]}, "0014,0001: cannot have from 0 to 1 values"),
        ({"0014,0001": ["DA", "A", 2, 1]}, "0014,0001: cannot have from 2 to 1 values"),
        ({"0014,0001": ["DA", "A", 1, 1, "Me"]}, "0014,0001: is not private"),
        ({"0007,1001": ["DA", "A", 1, 1, "Me"]}, "0007,1001: is not private"),
        (
            {"0014,0001": ["DA", "A", 1, 1], "0014,0002": ["DA", "A", 1, 1]},
            'the name "A" is given to two tags',
        ),
    ],
)
def test_what_cannot_be_meant(option: object, reason: str) -> None:
    """A bad entry is named, with what is wrong with it."""
    with pytest.raises(ValueError, match="^" + reason.replace("(", r"\(")):
        read_dictionary(option)
