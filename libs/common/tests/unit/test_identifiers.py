"""Orthanc's identifiers."""

import pytest

from axial.common.identifiers import Level, resource_ids

pytestmark = pytest.mark.unit


def test_the_identifiers_are_those_that_orthanc_publishes() -> None:
    """The vectors of Orthanc's own documentation come out."""
    ids = resource_ids("5Yp0E", "2.16.840.1.113669.632.20.1211.10000357775", "1.2", "1.2.3")
    assert ids.patient == "16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0"
    assert ids.study == "27f7126f-4f66fb14-03f4081b-f9341db2-53925988"


def test_the_identifiers_are_those_of_a_real_orthanc() -> None:
    """All four levels of CT_small.dcm are named as Orthanc 1.10.1 named them."""
    ids = resource_ids(
        "1CT1",
        "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322",
        "1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322",
        "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322",
    )
    assert ids.at(Level.PATIENT) == "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c5718"
    assert ids.at(Level.STUDY) == "8a8cf898-ca27c490-d0c7058c-929d0581-2bbf104d"
    assert ids.at(Level.SERIES) == "93034833-163e42c3-bc9a428b-194620cf-2c5799e5"
    assert ids.at(Level.INSTANCE) == "f689ddd2-662f8fe1-8b18180d-ec2a2cee-937917af"


def test_a_patient_without_an_id_is_the_empty_string() -> None:
    """A missing PatientID hashes as an empty one: SHA-1 of nothing."""
    assert resource_ids("", "1", "2", "3").patient == "da39a3ee-5e6b4b0d-3255bfef-95601890-afd80709"


def test_text_is_hashed_as_utf_8() -> None:
    """An identifier beyond ASCII does not depend on the machine's encoding."""
    assert resource_ids("Ä", "1", "2", "3") == resource_ids(
        "\N{LATIN CAPITAL LETTER A WITH DIAERESIS}", "1", "2", "3"
    )
    assert resource_ids("Ä", "1", "2", "3").patient != resource_ids("A", "1", "2", "3").patient


@pytest.mark.parametrize("level", Level)
def test_levels_can_be_read_back_from_their_names(level: Level) -> None:
    """The JSON name and the path name of a level lead back to it."""
    assert Level.from_type_name(level.type_name) is level
    assert Level.from_path_name(level.path_name) is level


def test_levels_know_their_neighbours() -> None:
    """Patient and instance are the ends of the hierarchy."""
    assert [level.parent for level in Level] == [None, Level.PATIENT, Level.STUDY, Level.SERIES]
    assert [level.child for level in Level] == [Level.STUDY, Level.SERIES, Level.INSTANCE, None]
