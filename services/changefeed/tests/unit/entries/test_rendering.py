"""Entries as one line of ASCII, whatever a modality calls itself."""

import json
from dataclasses import replace

import pytest

from axial.changefeed.entries.entry import FeedEntry, InstanceFact
from axial.changefeed.entries.rendering import render
from axial.changefeed.live.framing import OPENING, events, heartbeat
from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

ENTRY = FeedEntry(
    sequence=12,
    change_type=ChangeType.NEW_INSTANCE,
    level=Level.INSTANCE,
    resource_id=ResourceId("i"),
    ticks=Ticks(16_837_344_001_234_567),
    log_sequence=LogSequence(1),
    study_id=ResourceId("s"),
    study_instance_uid="1",
    modalities=("CT",),
    aets=("CT1",),
    instance=InstanceFact(7, Action.CREATE, "1.1", "1.1.1"),
)
LINE = (
    b'{"Seq":12,"ChangeType":"NewInstance","ResourceType":"Instance","ID":"i","Path":"/instances/i",'
    b'"Date":"2023-05-10T16:00:00.1234567Z","Study":"s","StudyInstanceUID":"1","Modalities":["CT"],'
    b'"AETs":["CT1"],"Instance":{"Sequence":7,"Action":"create","StudyInstanceUID":"1",'
    b'"SeriesInstanceUID":"1.1","SOPInstanceUID":"1.1.1"}}'
)


def test_an_entry() -> None:
    """Byte for byte."""
    assert render(ENTRY) == LINE


def test_what_does_not_apply_is_left_out() -> None:
    """A patient is of no study, and its change of no instance."""
    patient = replace(
        ENTRY, level=Level.PATIENT, study_id=None, study_instance_uid=None, instance=None
    )
    assert not json.loads(render(patient)).keys() & {"Study", "StudyInstanceUID", "Instance"}


def test_nothing_breaks_the_line() -> None:
    """A title with a line's end or an umlaut in it is escaped."""
    odd = render(replace(ENTRY, aets=("A\nB\r", "ÄÖ\u2028")))
    assert odd.isascii()
    assert b"\n" not in odd
    assert b"\r" not in odd
    assert json.loads(odd)["AETs"] == ["A\nB\r", "ÄÖ\u2028"]


def test_an_event() -> None:
    """Named by the change, numbered by the entry, ended by an empty line."""
    assert events([ENTRY, ENTRY]) == 2 * (b"event: NewInstance\ndata: " + LINE + b"\nid: 12\n\n")


def test_what_is_no_event_has_no_data() -> None:
    """An EventSource dispatches nothing for it, and takes the number (WHATWG HTML, 9.2.6)."""
    assert heartbeat(40) == b": \nid: 40\n\n"
    assert OPENING == b"retry: 2000\n\n"
