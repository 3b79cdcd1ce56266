"""What a query asks of a value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.attributes import parse_tag
from axial.common.errors import BadParameter
from axial.index.matching import Relation, like_pattern, normalised, read_constraints

pytestmark = pytest.mark.unit


def admits(keyword: str, text: str, value: str, *, case_sensitive: bool = False) -> bool:
    """Ask a query's text of a value."""
    tag = parse_tag(keyword)
    assert tag is not None
    read = read_constraints(tag, text, case_sensitive=case_sensitive)
    return all(constraint.admits(value) for constraint in read)


@pytest.mark.parametrize(
    ("keyword", "text", "value"),
    [
        ("PatientName", "", "anything"),
        ("PatientName", "müller^*", "MÜLLER^Änne"),
        ("PatientName", "*", ""),
        ("PatientName", "M?ller", "Müller"),
        ("PatientName", "*a*a*b", "aaab"),
        ("PatientName", "100%_", "100%_"),
        ("PatientID", "A\\b", "B"),
        ("StudyDate", "20040101-20041231", "20040119"),
        ("StudyDate", "2004-", "20040119"),
        ("StudyDate", "-20040119", "20040119"),
        ("StudyDate", "-", "anything"),
        ("StudyTime", "07-08", "072730"),
        ("AcquisitionDateTime", "2004-2005", "20040101"),
        ("ModalitiesInStudy", "CT\\MR", "MR"),
        ("AccessionNumber", "A-B", "a-b"),
    ],
)
def test_admitted(keyword: str, text: str, value: str) -> None:
    """Lists, wildcards and ranges; case does not matter unless it must."""
    assert admits(keyword, text, value)


@pytest.mark.parametrize(
    ("keyword", "text", "value"),
    [
        ("PatientName", "Muller", "Müller"),
        ("PatientName", "M?ller", "Mller"),
        ("PatientName", "*b", "abc"),
        ("PatientName", "?", ""),
        ("PatientName", "a.c", "abc"),
        ("PatientID", "A*\\B", "AB"),
        ("StudyDate", "2004-", "20031231"),
        ("StudyDate", "-2004", "20040119"),
        ("PatientID", " A ", "A"),
    ],
)
def test_not_admitted(keyword: str, text: str, value: str) -> None:
    """Accents matter, as do spaces; a list's items are no wildcards, as in Orthanc."""
    assert not admits(keyword, text, value)


def test_case_matters_on_request() -> None:
    """With CaseSensitive the same letters are asked for."""
    assert admits("PatientName", "Buc^*", "Buc^Jérôme", case_sensitive=True)
    assert not admits("PatientName", "buc^*", "Buc^Jérôme", case_sensitive=True)


@pytest.mark.parametrize("keyword", ["StudyDate", "StudyInstanceUID", "Rows", "00091001"])
def test_no_wildcards_elsewhere(keyword: str) -> None:
    """Dates, UIDs and numbers have no wildcards."""
    with pytest.raises(BadParameter):
        admits(keyword, "1*", "1")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_are_those_of_a_regular_expression(pattern: str, value: str) -> None:
    """The quick matcher agrees with the obvious one, and so does what SQL is given."""
    obvious = re.fullmatch(pattern.replace("*", ".*").replace("?", "."), value) is not None
    asked = pattern if pattern.strip("ab") else f"{pattern}*"
    expected = obvious or (asked != pattern and value.startswith(pattern))
    assert admits("PatientName", asked, value, case_sensitive=True) == expected
    assert like_pattern(asked) == asked.replace("*", "%").replace("?", "_")


def test_many_stars_cost_nothing() -> None:
    """A hostile pattern is answered as quickly as a kind one."""
    assert not admits("PatientName", "*a" * 1000 + "b", "a" * 1000)


def test_like_has_its_own_characters_escaped() -> None:
    """What means something to SQL alone stands for itself."""
    assert like_pattern("50%_a\\*?") == "50\\%\\_a\\\\%_"


def test_series_are_asked_for_modalities() -> None:
    """ModalitiesInStudy is a question about Modality."""
    (constraint,) = read_constraints(0x00080061, "CT", case_sensitive=False)
    assert (constraint.tag, constraint.relation) == (0x00080060, Relation.ONE_OF)
    assert constraint.of_any_series


def test_normalised() -> None:
    """Upper case, accents kept."""
    assert normalised("jérôme") == "JÉRÔME"
