"""The attributes known by name."""

import pytest

from axial.common.attributes import (
    MAIN_DICOM_KEYWORDS,
    MAIN_DICOM_TAGS,
    format_tag,
    keyword,
    main_dicom_tags_of,
    parse_tag,
    vr_of,
)
from axial.common.identifiers import Level

pytestmark = pytest.mark.unit


def test_every_main_tag_has_a_keyword() -> None:
    """No main tag is missing from the dictionary, and none is mistyped into a gap of it."""
    assert all(all(names) for names in MAIN_DICOM_KEYWORDS.values())
    assert {level: len(tags) for level, tags in MAIN_DICOM_TAGS.items()} == {
        Level.PATIENT: 5,
        Level.STUDY: 11,
        Level.SERIES: 26,
        Level.INSTANCE: 11,
    }


def test_each_level_takes_its_own_tags() -> None:
    """The orientation belongs to series and instance, the patient's name to neither."""
    tags = {"PatientName": "A^B", "ImageOrientationPatient": "1\\0\\0\\0\\1\\0", "Modality": "CT"}
    assert main_dicom_tags_of(Level.PATIENT, tags) == {"PatientName": "A^B"}
    assert set(main_dicom_tags_of(Level.SERIES, tags)) == {"ImageOrientationPatient", "Modality"}
    assert set(main_dicom_tags_of(Level.INSTANCE, tags)) == {"ImageOrientationPatient"}
    assert main_dicom_tags_of(Level.STUDY, tags) == {}


@pytest.mark.parametrize("spelling", ["0010,0020", "00100020", "PatientID"])
def test_a_tag_is_read_in_each_of_its_spellings(spelling: str) -> None:
    """Hexadecimal with and without comma, and by keyword."""
    assert parse_tag(spelling) == 0x00100020


@pytest.mark.parametrize(
    "spelling", ["", "Patient", "0010,002", "0010-0020", "00100020,", "001000xx", "+0100020"]
)
def test_what_names_no_tag_is_none(spelling: str) -> None:
    """A typing error does not become some other tag."""
    assert parse_tag(spelling) is None


def test_tags_are_spelt_as_orthanc_does() -> None:
    """Eight lower-case hexadecimal digits with a comma in the middle."""
    assert format_tag(0x7FE00010) == "7fe0,0010"
    assert parse_tag(format_tag(0x0008103E)) == 0x0008103E


def test_the_dictionary_knows_vrs_and_keywords() -> None:
    """Standard attributes, repeating groups, group lengths; private ones are unknown."""
    assert (vr_of(0x00100010), keyword(0x00100010)) == ("PN", "PatientName")
    assert vr_of(0x60020010) == "US"
    assert vr_of(0x00080000) == "UL"
    assert (vr_of(0x00091001), keyword(0x00091001)) == ("UN", "")
