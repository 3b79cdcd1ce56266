"""What a filter lets through, and how it is written."""

from dataclasses import replace

import pytest

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.filters import Filter, read_filter
from axial.changefeed.reading.change_types import ChangeType
from axial.common.errors import BadParameter
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

STUDY = FeedEntry(
    sequence=3,
    change_type=ChangeType.NEW_STUDY,
    level=Level.STUDY,
    resource_id=ResourceId("s"),
    ticks=Ticks(0),
    log_sequence=LogSequence(1),
    study_id=ResourceId("s"),
    study_instance_uid="1.2",
    modalities=("CT", "PT"),
    aets=("CT1",),
    instance=None,
)
PATIENT = replace(STUDY, level=Level.PATIENT, study_id=None, study_instance_uid=None)


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Filter(), True),
        (Filter(change_types=frozenset({ChangeType.NEW_STUDY, ChangeType.DELETED})), True),
        (Filter(change_types=frozenset({ChangeType.DELETED})), False),
        (Filter(levels=frozenset({Level.SERIES})), False),
        (Filter(modalities=frozenset({"PT", "MR"})), True),
        (Filter(modalities=frozenset({"MR"})), False),
        (Filter(aets=frozenset({"CT1"})), True),
        (Filter(aets=frozenset({"ct1"})), False),
        (Filter(studies=frozenset({"s"})), True),
        (Filter(studies=frozenset({"1.2"})), True),
        (Filter(studies=frozenset({"1.2.3"})), False),
        (Filter(levels=frozenset({Level.STUDY}), aets=frozenset({"X"})), False),
    ],
)
def test_matches(wanted: Filter, matches: bool) -> None:  # noqa: FBT001 - it is the expected value
    """One value of each condition must fit, and every condition must hold."""
    assert wanted.matches(STUDY) is matches


def test_no_patient_belongs_to_a_study() -> None:
    """A filter by study lets no patient through, and one without does."""
    assert not Filter(studies=frozenset({"1.2"})).matches(PATIENT)
    assert Filter().matches(PATIENT)


def test_parameters_are_repeated_or_listed() -> None:
    """Both ways say the same, nothing and empty values say nothing, and other names are left alone."""
    listed = read_filter([("type", "NewStudy;Deleted"), ("level", "Study"), ("since", "x")])
    repeated = read_filter([("type", "Deleted"), ("type", ";NewStudy"), ("level", "Study")])
    assert listed == repeated
    assert listed.change_types == {ChangeType.NEW_STUDY, ChangeType.DELETED}
    assert read_filter([("aet", ""), ("modality", ";")]) == Filter()


@pytest.mark.parametrize("parameter", [("type", "newstudy"), ("level", "studies"), ("type", "5")])
def test_unknown_words_are_refused(parameter: tuple[str, str]) -> None:
    """A filter that could never match is a mistake, not a filter."""
    with pytest.raises(BadParameter):
        read_filter([parameter])


def test_json_and_back() -> None:
    """What is written is read again, the same at every writing; members may be left out."""
    wanted = read_filter(
        [("type", "NewStudy;Deleted"), ("level", "Study;Patient"), ("aet", "B;A"), ("study", "1")]
    )
    assert wanted.to_json() == {
        "ChangeTypes": ["Deleted", "NewStudy"],
        "Levels": ["Patient", "Study"],
        "Modalities": [],
        "AETs": ["A", "B"],
        "Studies": ["1"],
    }
    assert Filter.from_json(wanted.to_json()) == wanted
    assert Filter.from_json({}) == Filter()
    assert Filter.from_json({"Levels": ["Study"]}) == Filter(levels=frozenset({Level.STUDY}))


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {"Level": ["Study"]}, {"Levels": "Study"}, {"Levels": [1]}, {"Levels": ["X"]}],
)
def test_other_json_is_refused(document: object) -> None:
    """A misspelt filter must not become one that lets everything through."""
    with pytest.raises(BadParameter):
        Filter.from_json(document)
