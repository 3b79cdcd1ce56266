"""The entries of the Azure feed as JSON."""

import json

import pytest

from axial.changefeed.azure.rendering import (
    DICOM_SERVER,
    LEARN,
    State,
    render_entries,
    render_entry,
    spelling_of,
    state_of,
)
from axial.changefeed.reading.rows import Entry
from axial.common.identifiers import ResourceId
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

ENTRY = Entry(
    15, 0, ResourceId("i"), "1.2", "1.2.3", "1.2.3.4", Ticks(16_837_344_001_234_567), 15, 0
)


@pytest.mark.parametrize(
    ("newest", "action", "state"),
    [
        (15, 0, State.CURRENT),
        (16, 2, State.REPLACED),
        (17, 0, State.REPLACED),
        (16, 1, State.DELETED),
        (15, 1, State.DELETED),
    ],
)
def test_state(newest: int, action: int, state: State) -> None:
    """The newest entry of an instance tells the state of all its entries."""
    assert state_of(ENTRY._replace(newest_sequence=newest, newest_action=action)) is state


def test_learn_spelling() -> None:
    """The documentation's spelling, to the byte."""
    assert render_entry(ENTRY, b'{"x":1}', LEARN) == (
        b'{"Sequence":15,"StudyInstanceUid":"1.2","SeriesInstanceUid":"1.2.3",'
        b'"SopInstanceUid":"1.2.3.4","Action":"create","Timestamp":"2023-05-10T16:00:00.1234567Z",'
        b'"State":"current","Metadata":{"x":1}}'
    )


def test_dicom_server_spelling() -> None:
    """The open-source server's spelling, to the byte."""
    assert render_entry(ENTRY, None, DICOM_SERVER) == (
        b'{"sequence":15,"partitionName":"Microsoft.Default","studyInstanceUid":"1.2",'
        b'"seriesInstanceUid":"1.2.3","sopInstanceUid":"1.2.3.4","action":"Create",'
        b'"timestamp":"2023-05-10T16:00:00.1234567+00:00","state":"Current"}'
    )


def test_the_setting_chooses_the_spelling() -> None:
    """Each value of the option has its spelling."""
    assert spelling_of("learn") is LEARN
    assert spelling_of("dicom-server") is DICOM_SERVER


def test_hostile_identifiers_stay_strings() -> None:
    """A UID comes from a file, and cannot break out of the JSON."""
    uid = '1","State":"\x00\n<é'
    (entry,) = json.loads(
        render_entries([render_entry(ENTRY._replace(sop_instance_uid=uid), None, LEARN)])
    )
    assert entry["SopInstanceUid"] == uid
    assert entry["State"] == "current"
