"""Entries as CloudEvents, read by the CloudEvents project's own library."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from axial.changefeed.entries.entry import FeedEntry, InstanceFact
from axial.changefeed.entries.rendering import render
from axial.changefeed.push.cloud_events import CloudEvents
from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

EVENTS = CloudEvents.of_archive("Radiology / Süd", "pacs.example.org")
STUDY = FeedEntry(
    sequence=12,
    change_type=ChangeType.STABLE_STUDY,
    level=Level.STUDY,
    resource_id=ResourceId("d9c3a1b2-0"),
    ticks=Ticks(17_952_190_801_234_567),
    log_sequence=LogSequence(40),
    study_id=ResourceId("d9c3a1b2-0"),
    study_instance_uid="1.2.3",
    modalities=("CT", "SR"),
    aets=("CT1",),
    instance=None,
)
INSTANCE = replace(
    STUDY,
    sequence=13,
    change_type=ChangeType.NEW_INSTANCE,
    level=Level.INSTANCE,
    resource_id=ResourceId("e0000000-0"),
    instance=InstanceFact(7, Action.CREATE, "1.2.3.4", "1.2.3.4.5"),
)


def read(body: bytes) -> CloudEvent:
    """Parse one event as a receiver would."""
    event = JSONFormat().read(None, body)
    assert isinstance(event, CloudEvent)
    return event


@pytest.mark.parametrize(
    ("kind", "action", "event_type"),
    [
        (ChangeType.NEW_INSTANCE, Action.CREATE, "Microsoft.HealthcareApis.DicomImageCreated"),
        (ChangeType.DELETED, Action.DELETE, "Microsoft.HealthcareApis.DicomImageDeleted"),
        (ChangeType.NEW_INSTANCE, Action.UPDATE, "Microsoft.HealthcareApis.DicomImageUpdated"),
    ],
)
def test_azures_events(kind: ChangeType, action: Action, event_type: str) -> None:
    """An instance created, updated or deleted is told as Azure tells it: type, subject and data."""
    assert INSTANCE.instance
    fact = replace(INSTANCE.instance, action=action)
    event = read(EVENTS.message(replace(INSTANCE, change_type=kind, instance=fact)).body)
    assert event.get_type() == event_type
    assert (
        event.get_subject()
        == "pacs.example.org/v1/studies/1.2.3/series/1.2.3.4/instances/1.2.3.4.5"
    )
    assert event.get_data() == {
        "imageStudyInstanceUid": "1.2.3",
        "imageSeriesInstanceUid": "1.2.3.4",
        "imageSopInstanceUid": "1.2.3.4.5",
        "serviceHostName": "pacs.example.org",
        "sequenceNumber": 7,
    }


def test_attributes() -> None:
    """Identity is the number in the feed and the archive; the time is the entry's."""
    message = EVENTS.message(STUDY)
    assert message.id == "12"
    assert message.content_type == "application/cloudevents+json"
    event = read(message.body)
    assert event.get_specversion() == "1.0"
    assert event.get_id() == "12"
    assert event.get_source() == "urn:axial:Radiology%20%2F%20S%C3%BCd"
    # The library, as most, keeps microseconds; the feed's 100 ns are in the text.
    assert event.get_time() == datetime(2026, 11, 20, 23, 58, 0, 123456, UTC)
    assert json.loads(message.body)["time"] == "2026-11-20T23:58:00.1234567Z"


@pytest.mark.parametrize(
    ("entry", "event_type"),
    [
        (STUDY, "org.axial.study.stable_study"),
        (replace(STUDY, change_type=ChangeType.NEW_STUDY), "org.axial.study.new_study"),
        (
            replace(
                STUDY,
                change_type=ChangeType.DELETED,
                level=Level.PATIENT,
                study_id=None,
                study_instance_uid=None,
            ),
            "org.axial.patient.deleted",
        ),
        # Of an instance that was overwritten: Azure tells of an update only.
        (
            replace(INSTANCE, change_type=ChangeType.DELETED, instance=None),
            "org.axial.instance.deleted",
        ),
    ],
)
def test_our_own_events(entry: FeedEntry, event_type: str) -> None:
    """What Azure has no event for carries the entry as the feed shows it."""
    event = read(EVENTS.message(entry).body)
    assert event.get_type() == event_type
    assert event.get_subject() == f"/{entry.level.path_name}/{entry.resource_id}"
    assert event.get_data() == json.loads(render(entry))


def test_batch() -> None:
    """A batch is an array of the same events; its id is the same for the same content only."""
    batch = EVENTS.batch([STUDY, INSTANCE])
    assert batch.content_type == "application/cloudevents-batch+json"
    singles = [json.loads(EVENTS.message(entry).body) for entry in (STUDY, INSTANCE)]
    assert json.loads(batch.body) == singles
    assert batch == EVENTS.batch([STUDY, INSTANCE])
    other = replace(STUDY, change_type=ChangeType.NEW_STUDY)
    ids = {EVENTS.batch(entries).id for entries in ([STUDY, INSTANCE], [other, INSTANCE])}
    assert len(ids) == 2
    assert all(name.startswith("12-13-") for name in ids)


def test_the_test_event() -> None:
    """The test button's event is a valid one, and no entry's."""
    message = EVENTS.test_message("4f")
    event = read(message.body)
    assert (event.get_id(), event.get_type()) == ("test-4f", "org.axial.test")
    assert message.id == "test-4f"
    assert event.get_data() == {}
