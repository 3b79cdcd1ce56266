"""The form in which files are kept, decided by the fold: one winner, nothing lost, nothing collected in use."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    Event,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.outcomes import Outcome
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import Ticks
from axial.index.fold import Fold
from axial.index.state import Attachment, Instance, Position, State

pytestmark = pytest.mark.unit

IDS = resource_ids("P", "1", "1.1", "1.1.1")
_DIGEST = "5d41402abc4b2a76b9719d911017c592"


def recoded(source: str, target: str, number: int = 1, **fields: Any) -> Event:
    """Ask to put one blob in the place of another, compressed unless told otherwise."""
    defaults = {
        "level": Level.INSTANCE,
        "resource_id": IDS.instance,
        "is_compressed": True,
        "stored_size_bytes": 3,
        "stored_md5": _DIGEST,
        "stored_at": datetime(2100, 1, 1, tzinfo=UTC),
    }
    return AttachmentCompressionChangeRequested.model_validate(
        defaults | {"number": number, "from_blob_key": source, "blob_key": target} | fields
    )


def attached(key: str) -> AttachmentWriteRequested:
    """Ask to attach five bytes to the instance."""
    return AttachmentWriteRequested(
        level=Level.INSTANCE,
        resource_id=IDS.instance,
        number=1025,
        blob_key=key,
        size_bytes=5,
        md5=_DIGEST,
        stored_at=datetime(2100, 1, 1, tzinfo=UTC),
    )


class History:
    """A fold that events are applied to, one after the other."""

    def __init__(self, *events: Event) -> None:
        self.fold = Fold(State(Position(LogSequence(0), 0, 0, Ticks(0))))
        self.sequence = 0
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> Outcome:
        """Decide one event."""
        self.sequence += 1
        return self.fold.apply(recorded(event, self.sequence))

    @property
    def garbage(self) -> list[str]:
        """List the blobs left to the collector."""
        return [key for key, _ in self.fold.effects.garbage]

    @property
    def used(self) -> list[str]:
        """List the blobs that a file is kept in."""
        state = self.fold.state
        files: list[Instance | Attachment] = [
            *state.instances.values(),
            *state.attachments.values(),
        ]
        return [file.blob_key for file in files]

    def told(self) -> list[str]:
        """Name the changes behind the first instance's four."""
        return [change.change_type.name for change in self.fold.effects.changes[4:]]


def test_a_file_there_and_back() -> None:
    """The instance keeps what it is, and is told to nobody; the totals follow what is on disk."""
    first = instance_received(content="first")
    history = History(first)
    assert history.apply(recoded(first.blob_key, "b")).revision == 1
    instance = history.fold.state.instances[IDS.instance]
    assert (instance.blob_key, instance.compressed_size_bytes, instance.compressed_md5) == (
        "b",
        3,
        _DIGEST,
    )
    assert (instance.size_bytes, instance.md5, instance.event_id) == (5, first.md5, f"{1:032x}")
    assert instance.file_event_id == f"{2:032x}"
    totals = history.fold.effects.totals
    assert (totals.size_bytes, totals.disk_size_bytes) == (5, 3)
    back = recoded("b", "c", is_compressed=False, stored_size_bytes=5, stored_md5=first.md5)
    assert history.apply(back).revision == 2
    instance = history.fold.state.instances[IDS.instance]
    assert (instance.compressed_size_bytes, instance.compressed_md5) == (None, None)
    assert (totals.size_bytes, totals.disk_size_bytes) == (5, 5)
    assert (history.garbage, history.told()) == ([first.blob_key, "b"], [])
    history.apply(ResourceDeletionRequested(level=Level.PATIENT, resource_id=IDS.patient))
    assert (totals.size_bytes, totals.disk_size_bytes) == (0, 0)
    assert history.garbage == [first.blob_key, "b", "c"]


def test_an_attachment_is_told_of_as_of_any_writing() -> None:
    """Its revision counts on, and what is written next is as it comes."""
    history = History(instance_received(), attached("a"))
    assert history.apply(recoded("a", "b", 1025)).revision == 1
    assert history.told() == ["UPDATED_ATTACHMENT"] * 2
    assert history.fold.state.attachments[IDS.instance, 1025].compressed_size_bytes == 3
    assert history.apply(attached("c")).revision == 2
    assert history.fold.state.attachments[IDS.instance, 1025].compressed_size_bytes is None
    assert history.garbage == ["a", "b"]


@pytest.mark.parametrize(
    ("event", "decision"),
    [
        (recoded("older", "new"), "conflict"),
        (recoded("a", "new", 1), "conflict"),
        (recoded("older", "new", 1025), "conflict"),
        (recoded("a", "new", 1026), "not_found"),
        (recoded("a", "new", 2), "not_found"),
        (recoded("a", "new", 1025, level=Level.STUDY), "not_found"),
        (recoded("a", "new", 1, level=Level.STUDY, resource_id=IDS.study), "not_found"),
        (recoded("a", "new", 1025, stored_at=datetime(1900, 1, 1, tzinfo=UTC)), "expired"),
    ],
)
def test_what_is_not_put_in_place_is_collected(event: Event, decision: str) -> None:
    """Another file by now, none, or too late: the file stays, the new blob goes."""
    history = History(instance_received(), attached("a"))
    before = history.used
    assert history.apply(event).decision == decision
    assert (history.used, history.garbage) == (before, ["new"])


def test_the_same_event_twice_is_once() -> None:
    """Appended again around an outage it changes nothing, even the instance's own event behind it."""
    first = instance_received(overwrite="always")
    history = History(first)
    event = recoded(first.blob_key, "b")
    assert history.apply(event).revision == 1
    assert history.apply(event).revision == 1
    # The instance's own event once more, under its own identifier: it must not bring back a collected blob.
    again = recorded(first, history.sequence + 1)
    again = dataclasses.replace(again, envelope=recorded(first, 1).envelope)
    assert history.fold.apply(again).decision == "stored"
    assert (history.used, history.garbage) == (["b"], [first.blob_key])


class Files(RuleBasedStateMachine):
    """Any history of a file and an attachment: each blob is in use, or left to the collector, and never both."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.keys: list[str] = []

    def _key(self) -> str:
        self.keys.append(f"blob{len(self.keys)}")
        return self.keys[-1]

    @rule(overwrite=st.sampled_from(["never", "always", "if_changed"]))
    def receive(self, overwrite: Any) -> None:
        """Store the instance, again or not."""
        event = instance_received(content=f"{self.history.sequence}", overwrite=overwrite)
        self.history.apply(event.model_copy(update={"blob_key": self._key()}))

    @rule()
    def attach(self) -> None:
        """Write the attachment."""
        self.history.apply(attached(self._key()))

    @rule(number=st.sampled_from([1, 1025]), back=st.integers(1, 4), compressed=st.booleans())
    def recode(self, number: int, back: int, *, compressed: bool) -> None:
        """Put a file in another form, from a blob that may be an older one."""
        source = self.keys[-back] if len(self.keys) >= back else "none"
        self.history.apply(recoded(source, self._key(), number, is_compressed=compressed))

    @rule()
    def detach(self) -> None:
        """Remove the attachment."""
        self.history.apply(
            AttachmentDeletionRequested(level=Level.INSTANCE, resource_id=IDS.instance, number=1025)
        )

    @rule(level=st.sampled_from([Level.INSTANCE, Level.PATIENT]))
    def delete(self, level: Level) -> None:
        """Remove the instance."""
        self.history.apply(ResourceDeletionRequested(level=level, resource_id=IDS.at(level)))

    @invariant()
    def every_blob_is_in_its_place(self) -> None:
        """Never both, never neither."""
        used, garbage = self.history.used, self.history.garbage
        assert set(used).isdisjoint(garbage)
        assert sorted([*used, *garbage]) == sorted(self.keys)

    @invariant()
    def what_is_on_disk_is_summed(self) -> None:
        """The totals of instances are the sums over them."""
        instances = self.history.fold.state.instances.values()
        totals = self.history.fold.effects.totals
        assert totals.disk_size_bytes == sum(one.disk_size_bytes for one in instances)
        assert totals.size_bytes == sum(one.size_bytes for one in instances)


TestFiles = Files.TestCase
TestFiles.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
