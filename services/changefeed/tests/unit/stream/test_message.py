"""An entry as a message."""

import json

import pytest

from axial.changefeed.entries.entry import FeedEntry, InstanceFact
from axial.changefeed.entries.rendering import render
from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.stream.message import message_of, source_of
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import LogSequence
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit


def entry(kind: ChangeType, level: Level) -> FeedEntry:
    """Make an entry whose every identifier would be recognised."""
    fact = InstanceFact(7, Action.CREATE, "1.2.3.77", "1.2.3.88")
    return FeedEntry(
        sequence=12,
        change_type=kind,
        level=level,
        resource_id=ResourceId("secret-resource"),
        ticks=Ticks(17_952_190_801_234_567),
        log_sequence=LogSequence(3),
        study_id=ResourceId("secret-study"),
        study_instance_uid="1.2.3.66",
        modalities=("CT",),
        aets=("SECRET_AET",),
        instance=fact if level is Level.INSTANCE else None,
    )


@pytest.mark.parametrize(
    ("kind", "level", "subject"),
    [
        (ChangeType.NEW_INSTANCE, Level.INSTANCE, "feed.instance.new_instance"),
        (ChangeType.DELETED, Level.INSTANCE, "feed.instance.deleted"),
        (ChangeType.STABLE_STUDY, Level.STUDY, "feed.study.stable_study"),
        (ChangeType.NEW_PATIENT, Level.PATIENT, "feed.patient.new_patient"),
        (ChangeType.COMPLETED_SERIES, Level.SERIES, "feed.series.completed_series"),
    ],
)
def test_the_subject_is_level_and_kind(kind: ChangeType, level: Level, subject: str) -> None:
    """Whoever wants stable studies only subscribes to them only."""
    message = message_of(entry(kind, level), "feed", "urn:axial:x")
    assert message.subject == subject
    assert message.headers["ce-type"] == "org.axial." + subject.removeprefix("feed.")


def test_the_body_is_the_entry_as_everywhere() -> None:
    """It is what `/feed/entries` shows; the number is its own."""
    one = entry(ChangeType.NEW_INSTANCE, Level.INSTANCE)
    message = message_of(one, "feed", "urn:axial:x")
    assert message.body == render(one)
    assert message.headers["ce-id"] == "12" == str(message.sequence)
    assert message.headers["ce-time"] == json.loads(message.body)["Date"]


@pytest.mark.parametrize("kind", ChangeType)
@pytest.mark.parametrize("level", Level)
def test_nothing_outside_the_body_names_anybody(kind: ChangeType, level: Level) -> None:
    """Subjects and headers are what a NATS server's operator sees."""
    message = message_of(entry(kind, level), "feed", "urn:axial:x")
    outside = message.subject + str(message.headers)
    assert not any(word in outside for word in ("secret", "SECRET", "1.2.3.", "CT"))


def test_the_source_is_a_uri_whatever_the_archive_is_called() -> None:
    """Blanks and the like are escaped, as in a URI they must be."""
    assert source_of("Köln CT/1") == "urn:axial:K%C3%B6ln%20CT%2F1"
