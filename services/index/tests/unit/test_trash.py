"""What deletions with grace took can come back, all of it or nothing; decided by the fold."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentWriteRequested,
    Event,
    InstanceReceived,
    LabelChangeRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    StorageLimits,
    TimePassed,
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import Level, ResourceId, resource_ids
from axial.common.outcomes import Outcome
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks
from axial.index.fold import Fold
from axial.index.parts import parts
from axial.index.state import Action, Effects, Findable, Position, State, Trashed, Usage

pytestmark = pytest.mark.unit

FIRST, SECOND = instance_received(), instance_received(instance="1.1.2", content="second")
IDS, OTHER = FIRST.resource_ids(), SECOND.resource_ids()
GRACE = 60


class History:
    """A fold for each event, as the projector would have it, and a trash in the place of Postgres's."""

    def __init__(self, *events: Event) -> None:
        self.state = State(Position(LogSequence(0), 0, 0, Ticks(0)), usage=Usage(0, 0))
        self.trash: dict[int, Trashed] = {}
        self.effects = Effects()
        self._findable: dict[ResourceId, Findable] = {}
        self._labels: set[tuple[ResourceId, str]] = set()
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> Outcome:
        """Decide one event, a second behind the one before, and do what Postgres would."""
        before = copy.deepcopy(self.state)
        self.state.trashed = self.trash.get(getattr(event, "deletion", 0))
        fold = Fold(self.state)
        sequence = self.state.position.log_sequence + 1
        outcome = fold.apply(recorded(event, sequence, sequence * TICKS_PER_SECOND))
        self.effects = effects = fold.effects
        if effects.trashing:
            deletion = effects.trashing.deletion.deletion
            self.trash[deletion] = self._taken(before, effects)
        for key in (effects.restored, effects.emptied):
            self.trash.pop(key or 0, None)
        self._findable |= effects.findable
        for label, present in effects.labels.items():
            (self._labels.add if present else self._labels.discard)(label)
        assert self.state.usage is not None
        totals = effects.totals
        self.state.usage = Usage(
            self.state.usage.disk_bytes + totals.disk_size_bytes + effects.attached_disk_bytes,
            self.state.usage.patients + totals.patients,
        )
        return outcome

    def _taken(self, before: State, effects: Effects) -> Trashed:
        moved = effects.trashing
        assert moved is not None
        named = {*moved.went, *moved.stayed}
        return Trashed(
            moved.deletion,
            {name: it for name, it in before.resources.items() if name in named},
            frozenset(moved.stayed),
            {name: it for name, it in self._findable.items() if name in named},
            {name: it for name, it in before.instances.items() if name in moved.went},
            {key: it for key, it in before.metadata.items() if key[0] in moved.went},
            {key: it for key, it in before.attachments.items() if key[0] in moved.went},
            tuple(sorted(label for label in self._labels if label[0] in moved.went)),
        )

    @property
    def garbage(self) -> list[str]:
        """Name the blobs that the newest event has left to the collector."""
        return [key for key, _ in self.effects.garbage]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Name the changes that the newest event is told by, in Orthanc's view."""
        changes = self.effects.changes
        return [(change.change_type.name, change.level.name) for change in changes]


def deletion(
    resource_id: ResourceId, level: Level | None = None, grace_seconds: int = GRACE
) -> ResourceDeletionRequested:
    """Ask for a resource to go, with grace."""
    return ResourceDeletionRequested(
        level=level, resource_id=resource_id, grace_seconds=grace_seconds
    )


def restore(sequence: int, **limits: Any) -> TrashRestoreRequested:
    """Ask for it to come back."""
    return TrashRestoreRequested(
        deletion=sequence, limits=StorageLimits.model_validate(limits) if limits else None
    )


def metadata(value: str, resource_id: ResourceId = IDS.study, level: Level = Level.STUDY) -> Event:
    """Ask to write a metadata."""
    return MetadataWriteRequested(
        level=level, resource_id=resource_id, number=1024, value=value.encode()
    )


def attachment(content: str) -> AttachmentWriteRequested:
    """Ask to attach bytes to the study."""
    example = instance_received(content=content)
    return AttachmentWriteRequested(
        level=Level.STUDY,
        resource_id=IDS.study,
        number=1025,
        blob_key=f"{content}.attachment",
        size_bytes=len(content),
        md5=example.md5,
        stored_at=example.stored_at,
    )


def test_what_moves_the_trash_is_folded_alone() -> None:
    """Whatever arrives with it, before it and behind it; the order stays, and nothing else is cut apart."""
    batch = [
        recorded(event, sequence)
        for sequence, event in enumerate(
            (
                FIRST,
                SECOND,
                deletion(IDS.instance),
                deletion(IDS.series, grace_seconds=0),
                FIRST,
                restore(3),
                TrashEmptied(deletion=3, by="clock"),
                TimePassed(),
            ),
            start=1,
        )
    ]
    lengths = [[one.sequence for one in part] for part in parts(batch)]
    assert lengths == [[1, 2], [3], [4, 5], [6], [7], [8]]


@pytest.mark.parametrize("resource_id", [IDS.patient, IDS.series, IDS.instance])
def test_grace_is_told_to_nobody(resource_id: ResourceId) -> None:
    """Both feeds say of a deletion what they always say; its blobs alone are not left to the collector."""
    with_grace = History(FIRST, SECOND, attachment("notes"))
    without = copy.deepcopy(with_grace)
    outcome = with_grace.apply(deletion(resource_id))
    assert outcome == without.apply(deletion(resource_id, grace_seconds=0))
    assert with_grace.state.resources == without.state.resources
    one, other = with_grace.effects, without.effects
    assert (one.changes, one.instance_changes) == (other.changes, other.instance_changes)
    assert (one.totals, one.stripped, one.touched) == (other.totals, other.stripped, other.touched)
    assert without.garbage
    assert with_grace.garbage == []
    assert other.trashing is None


def test_the_trash_knows_what_it_holds() -> None:
    """What went, what it takes on disk, until when; and the ancestors without which it could not come back."""
    history = History(FIRST, SECOND, attachment("notes"), deletion(IDS.instance))
    moved = history.effects.trashing
    assert moved is not None
    assert (moved.went, moved.stayed) == ((IDS.instance,), (IDS.series, IDS.study, IDS.patient))
    assert (moved.deletion.instances, moved.deletion.disk_size_bytes) == (1, FIRST.size_bytes)
    assert moved.deletion.deletion == 4
    assert moved.deletion.until_ticks == moved.deletion.deleted_ticks + GRACE * TICKS_PER_SECOND
    history.apply(deletion(OTHER.instance))
    moved = history.effects.trashing
    assert moved is not None
    assert (set(moved.went), moved.stayed) == (set(lineage(OTHER)), ())
    assert moved.deletion.disk_size_bytes == SECOND.size_bytes + len("notes")


def lineage(ids: Any) -> list[ResourceId]:
    """Name an instance and its ancestors."""
    return [ids.at(level) for level in Level]


def test_what_comes_back_is_as_it_was_and_new() -> None:
    """Files, origin, reception and what users attached are those of before; the numbers in both feeds are new."""
    recoded = AttachmentCompressionChangeRequested(
        level=Level.INSTANCE,
        resource_id=IDS.instance,
        number=1,
        from_blob_key=FIRST.blob_key,
        blob_key="recoded.dcm",
        is_compressed=True,
        stored_size_bytes=3,
        stored_md5=FIRST.md5,
        stored_at=FIRST.stored_at,
    )
    history = History(
        FIRST,
        SECOND,
        recoded,
        metadata("one"),
        metadata("two"),
        attachment("notes"),
        LabelChangeRequested(
            level=Level.SERIES, resource_id=IDS.series, label="mine", present=True
        ),
        ProtectionChangeRequested(level=Level.PATIENT, resource_id=IDS.patient, is_protected=True),
    )
    before = copy.deepcopy(history.state)
    history.apply(deletion(IDS.study))
    gone = copy.deepcopy(history.state.position)
    outcome = history.apply(restore(9))
    assert outcome.decision == "restored"
    assert outcome.restored is not None
    assert (outcome.restored.level, outcome.restored.id) == (Level.STUDY, IDS.study)
    assert history.told == [
        ("NEW_INSTANCE", "INSTANCE"),
        ("NEW_SERIES", "SERIES"),
        ("NEW_STUDY", "STUDY"),
        ("NEW_PATIENT", "PATIENT"),
        ("NEW_INSTANCE", "INSTANCE"),
    ]
    assert history.effects.changes[0].sequence == gone.change_sequence + 1
    assert [change.previous_sequence for change in history.effects.changes] == [None] * 5
    azure = history.effects.instance_changes
    assert [(it.action, it.sequence - gone.instance_sequence) for it in azure] == [
        (Action.CREATE, 1),
        (Action.CREATE, 2),
    ]
    assert history.garbage == []
    after = history.state
    assert after.instances == {
        name: replace(was, version=it.sequence)
        for (name, was), it in zip(before.instances.items(), azure, strict=True)
    }
    assert (after.metadata, after.attachments) == (before.metadata, before.attachments)
    assert history.effects.labels == {(IDS.series, "mine"): True}
    assert after.resources.keys() == before.resources.keys()
    for name, resource in after.resources.items():
        was = before.resources[name]
        assert resource == replace(
            was,
            created_sequence=resource.created_sequence,
            updated_ticks=resource.updated_ticks,
            arrived_ticks=resource.arrived_ticks,
            newest_change=resource.newest_change,
            recycling_sequence=10 if name == IDS.patient else 0,
        )
        assert resource.arrived_ticks >= 10 * TICKS_PER_SECOND
    assert not after.resources[IDS.study].is_stable
    found = history.effects.findable[IDS.study]
    assert json.loads(found.tags)["StudyInstanceUID"] == "1"
    assert found.created_sequence == after.resources[IDS.study].created_sequence
    assert history.effects.restored == 9


def test_it_comes_back_once() -> None:
    """Who asks again, or for what never was, is told that it is not there."""
    history = History(FIRST, deletion(IDS.patient), restore(2))
    assert history.apply(restore(2)).decision == "not_found"
    assert history.apply(restore(1)).decision == "not_found"
    assert history.effects.restored is None


def test_what_was_stored_again_meanwhile_stays() -> None:
    """The newer bytes are kept, and the older ones are left to the collector; the other instance comes back."""
    again = instance_received(content="again")
    history = History(FIRST, SECOND, deletion(IDS.study), again)
    assert history.apply(restore(3)).decision == "restored"
    assert history.told == [("NEW_INSTANCE", "INSTANCE")]
    assert history.state.instances[IDS.instance].blob_key == again.blob_key
    assert history.garbage == [FIRST.blob_key]
    assert history.state.resources[IDS.series].child_count == 2


def test_a_file_in_use_is_never_left_to_the_collector() -> None:
    """The same event, appended twice around an outage and a deletion, has its blob in both places."""
    history = History(FIRST, deletion(IDS.study), FIRST)
    assert history.apply(restore(2)).decision == "restored"
    assert history.garbage == []


def test_what_was_attached_again_meanwhile_stays() -> None:
    """Each by itself: it is told of what comes back to a resource that is no news itself."""
    history = History(
        FIRST,
        metadata("old"),
        metadata("old", IDS.patient, Level.PATIENT),
        attachment("old"),
        deletion(IDS.patient),
        FIRST,
        metadata("new"),
        attachment("new"),
    )
    assert history.apply(restore(5)).decision == "restored"
    values = {key[0]: it.value for key, it in history.state.metadata.items()}
    assert values == {IDS.study: b"new", IDS.patient: b"old"}
    assert history.told == [("UPDATED_METADATA", "PATIENT")]
    assert history.garbage == ["old.attachment"]


def test_protection_comes_back_to_a_patient_who_is_there_again() -> None:
    """Who protected the patient wanted the images kept that come back now."""
    protection = ProtectionChangeRequested(
        level=Level.PATIENT, resource_id=IDS.patient, is_protected=True
    )
    history = History(FIRST, protection, deletion(IDS.patient), SECOND)
    assert not history.state.resources[IDS.patient].is_protected
    history.apply(restore(3))
    assert history.state.resources[IDS.patient].is_protected


def test_an_ancestor_that_went_later_is_made_again() -> None:
    """From what it was; but what hung on it, and its protection, are in the trash of its own deletion."""
    protection = ProtectionChangeRequested(
        level=Level.PATIENT, resource_id=IDS.patient, is_protected=True
    )
    history = History(FIRST, SECOND, protection, metadata("mine"))
    before = copy.deepcopy(history.state.resources)
    history.apply(deletion(IDS.instance))
    history.apply(deletion(IDS.patient))
    assert history.state.resources == {}
    assert history.apply(restore(5)).decision == "restored"
    assert history.state.resources.keys() == set(lineage(IDS))
    for level in Level:
        tags = history.state.resources[IDS.at(level)].main_dicom_tags
        assert tags == before[IDS.at(level)].main_dicom_tags
    assert history.state.metadata == {}
    assert not history.state.resources[IDS.patient].is_protected
    assert history.apply(restore(6)).decision == "restored"
    assert history.state.resources.keys() == before.keys()
    assert history.told == [("NEW_INSTANCE", "INSTANCE"), ("UPDATED_METADATA", "STUDY")]
    assert history.state.resources[IDS.patient].is_protected


def other_patient() -> InstanceReceived:
    """Tell of a patient who is in nobody's way, but for the room."""
    return instance_received("Q", "2", "2.1", "2.1.1", content="the other patient")


def test_it_stays_in_the_trash_when_it_does_not_fit() -> None:
    """Nothing is done then: neither has anybody gone, nor anything come back."""
    history = History(FIRST, deletion(IDS.patient), other_patient())
    assert history.apply(restore(2, maximum_patients=1, mode="reject")).decision == "full"
    assert history.apply(restore(2, maximum_bytes=FIRST.size_bytes - 1)).decision == "full"
    assert (history.told, history.garbage, history.effects.restored) == ([], [], None)
    assert history.apply(restore(2)).decision == "restored"


def test_room_is_made_as_for_an_arrival() -> None:
    """The oldest patient goes for good, and never the one whose instances come back."""
    history = History(FIRST, SECOND, deletion(OTHER.instance), other_patient())
    limit = FIRST.size_bytes + other_patient().size_bytes
    outcome = history.apply(restore(3, maximum_bytes=limit))
    assert (outcome.decision, outcome.recycled_patients) == ("restored", 1)
    assert history.state.instances.keys() == {IDS.instance, OTHER.instance}
    assert history.garbage == [other_patient().blob_key]


def test_only_what_is_missing_wants_room() -> None:
    """What was stored again meanwhile is there already, and counted."""
    history = History(FIRST, SECOND, deletion(IDS.patient), FIRST)
    limit = FIRST.size_bytes + SECOND.size_bytes
    assert history.apply(restore(3, maximum_bytes=limit - 1)).decision == "full"
    assert history.apply(restore(3, maximum_bytes=limit)).decision == "restored"


def test_a_series_is_complete_again() -> None:
    """The places of its instances are counted anew, with those that have come meanwhile."""
    first = instance_received(CardiacNumberOfImages="2")
    second = instance_received(instance="1.1.2", number="2", CardiacNumberOfImages="2")
    history = History(first, second, deletion(IDS.series), restore(3))
    assert history.told[-1] == ("COMPLETED_SERIES", "SERIES")
    history.apply(deletion(IDS.instance))
    history.apply(restore(5))
    assert history.told == [("NEW_INSTANCE", "INSTANCE"), ("COMPLETED_SERIES", "SERIES")]
    assert history.state.resources[IDS.series].distinct_indexes == 2


def test_the_clock_is_not_believed_before_its_time() -> None:
    """By the log's time, one event a second here; a user's word counts at once. Emptied, it is gone."""
    history = History(FIRST, deletion(IDS.patient, grace_seconds=2))
    clock = TrashEmptied(deletion=2, by="clock")
    assert history.apply(clock).decision == "outdated"
    assert history.effects.emptied is None
    assert history.apply(clock).decision == "removed"
    assert history.effects.emptied == 2
    assert history.apply(clock).decision == "not_found"
    assert history.apply(restore(2)).decision == "not_found"
    history.apply(FIRST)
    history.apply(deletion(IDS.patient))
    assert history.apply(TrashEmptied(deletion=8, by="user")).decision == "removed"


def test_a_deletion_past_its_time_can_come_back_until_it_is_emptied() -> None:
    """What stands in the trash is whole."""
    history = History(FIRST, deletion(IDS.patient, grace_seconds=1), TimePassed(), TimePassed())
    assert history.apply(restore(2)).decision == "restored"


def test_nothing_goes_to_the_trash_by_itself() -> None:
    """Grace is for what somebody asks to delete: recycling and overwriting are without."""
    limited = other_patient().model_copy(update={"limits": StorageLimits(maximum_patients=1)})
    history = History(FIRST, instance_received(content="again", overwrite="always"))
    assert (history.trash, history.garbage) == ({}, [FIRST.blob_key])
    assert history.apply(limited).recycled_patients == 1
    assert history.trash == {}
    assert len(history.garbage) == 1


def test_an_unknown_resource_leaves_no_trash() -> None:
    """Who deletes nothing has nothing to come back for."""
    unknown = resource_ids("nobody", "9", "9.1", "9.1.1")
    history = History(FIRST)
    assert history.apply(deletion(unknown.study, Level.STUDY)).decision == "not_found"
    assert history.effects.trashing is None
