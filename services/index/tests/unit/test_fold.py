"""The decisions, told in the domain's words."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from axial.common.events import (
    ChangesCleared,
    Event,
    InstanceReceived,
    ModalityChanged,
    Origin,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    ResourceStabilized,
    SettingChanged,
    TimePassed,
)
from axial.common.identifiers import Level, ResourceId, resource_ids
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks
from axial.index.fold import Fold
from axial.index.series_status import series_status
from axial.index.state import Action, ChangeType, Position, State, Totals

pytestmark = pytest.mark.unit


def empty_fold() -> Fold:
    """Stand at the beginning of history."""
    return Fold(State(Position(LogSequence(0), 0, 0, Ticks(0))))


def folded(*events: Event) -> tuple[Fold, list[str]]:
    """Fold a history; return the fold and what it decided."""
    fold = empty_fold()
    decisions: list[str] = [
        fold.apply(recorded(event, sequence)).decision
        for sequence, event in enumerate(events, start=1)
    ]
    return fold, decisions


def deletion(level: Level, resource_id: ResourceId) -> ResourceDeletionRequested:
    """Ask for a resource to go."""
    return ResourceDeletionRequested(level=level, resource_id=resource_id)


IDS = resource_ids("P", "1", "1.1", "1.1.1")


def told(fold: Fold) -> list[tuple[str, str]]:
    """Name the changes of Orthanc's view."""
    return [(change.change_type.name, change.level.name) for change in fold.effects.changes]


def test_the_first_instance_brings_its_ancestors() -> None:
    """The changes come from the instance upwards, as Orthanc logs them."""
    fold, decisions = folded(instance_received())
    assert decisions == ["stored"]
    assert told(fold) == [
        ("NEW_INSTANCE", "INSTANCE"),
        ("NEW_SERIES", "SERIES"),
        ("NEW_STUDY", "STUDY"),
        ("NEW_PATIENT", "PATIENT"),
    ]
    assert [change.sequence for change in fold.effects.changes] == [1, 2, 3, 4]
    (azure,) = fold.effects.instance_changes
    assert (azure.sequence, azure.action, azure.change_sequence) == (1, Action.CREATE, 1)
    assert json.loads(fold.state.resources[IDS.series].main_dicom_tags)["Modality"] == "CT"


def test_a_second_instance_of_a_series_is_one_change() -> None:
    """Only what is new is told."""
    fold, _ = folded(instance_received(), instance_received(instance="1.1.2"))
    assert told(fold)[4:] == [("NEW_INSTANCE", "INSTANCE")]
    assert fold.state.resources[IDS.series].child_count == 2
    assert fold.state.resources[IDS.patient].updated_ticks == Ticks(1_002)


def test_the_same_instance_again_is_already_stored() -> None:
    """Nothing is told, and the second copy's blob is left to the collector."""
    again = instance_received(content="again")
    fold, decisions = folded(instance_received(), again)
    assert decisions == ["stored", "already_stored"]
    assert len(fold.effects.changes) == 4
    assert [key for key, _ in fold.effects.garbage] == [again.blob_key]


@pytest.mark.parametrize(
    ("content", "overwrite", "decision"),
    [
        ("first", "if_changed", "already_stored"),
        ("second", "if_changed", "replaced"),
        ("first", "always", "replaced"),
        ("second", "never", "already_stored"),
    ],
)
def test_overwrite_policy(content: str, overwrite: str, decision: str) -> None:
    """OverwriteInstances travels in the event, so a replay decides as it was decided then."""
    fold, decisions = folded(
        instance_received(),
        instance_received(content=content, overwrite=overwrite),  # type: ignore[arg-type]
    )
    assert decisions[1] == decision
    actions = [change.action for change in fold.effects.instance_changes]
    assert actions == [Action.CREATE] + [Action.UPDATE] * (decision == "replaced")
    assert fold.effects.totals.instances == 1


def test_an_event_appended_twice_is_decided_once() -> None:
    """A retry behind the log's duplicate window must not look like a second upload."""
    fold = empty_fold()
    first = recorded(instance_received(), 1)
    fold.apply(first)
    again = recorded(instance_received(overwrite="always"), 2)
    outcome = fold.apply(
        type(again)(again.sequence, again.ticks, first.envelope, again.event, again.reply_to)
    )
    assert outcome.decision == "stored"
    assert not fold.effects.garbage
    assert len(fold.effects.instance_changes) == 1


def test_an_append_that_got_lost_for_hours_comes_too_late() -> None:
    """Its sender was told that it failed, and the sweeper may have removed its blob."""
    fold = empty_fold()
    stored = instance_received(stored_at=datetime(1970, 1, 1, tzinfo=UTC))
    late = recorded(stored, 1, ticks=1801 * TICKS_PER_SECOND)
    assert fold.apply(late).decision == "expired"
    assert not fold.state.resources
    assert len(fold.effects.garbage) == 1


def test_deleting_the_last_instance_takes_its_ancestors() -> None:
    """A series, a study or a patient without children is no more."""
    fold, decisions = folded(instance_received(), deletion(Level.INSTANCE, IDS.instance))
    assert decisions == ["stored", "deleted"]
    assert not fold.state.resources
    assert told(fold)[4:] == [
        ("DELETED", level) for level in ("INSTANCE", "SERIES", "STUDY", "PATIENT")
    ]
    assert fold.effects.totals == Totals()


def test_deleting_one_series_leaves_its_study() -> None:
    """The outcome names the nearest ancestor that stays, and its LastUpdate moves."""
    fold, _ = folded(instance_received(), instance_received(series="1.2", instance="1.2.1"))
    outcome = fold.apply(recorded(deletion(Level.SERIES, IDS.series), 3))
    assert outcome.remaining_ancestor is not None
    assert (outcome.remaining_ancestor.level, outcome.remaining_ancestor.id) == (
        Level.STUDY,
        IDS.study,
    )
    assert fold.state.resources[IDS.study].child_count == 1
    assert fold.state.resources[IDS.patient].updated_ticks == fold.state.position.ticks


def test_deleting_what_is_not_there_changes_nothing() -> None:
    """An unknown id, or a known one at another level, is not found."""
    fold, decisions = folded(
        instance_received(),
        deletion(Level.STUDY, IDS.series),
        deletion(Level.SERIES, ResourceId("nobody")),
    )
    assert decisions[1:] == ["not_found", "not_found"]
    assert len(fold.effects.changes) == 4


def test_deleting_what_was_seen() -> None:
    """Who wants a file gone has that one deleted and no other, and from a protected patient nothing."""
    seen = deletion(Level.INSTANCE, IDS.instance).model_copy(
        update={"if_md5": instance_received().md5, "spares_protected": True}
    )

    def protect(*, is_protected: bool) -> ProtectionChangeRequested:
        return ProtectionChangeRequested(
            level=Level.PATIENT, resource_id=IDS.patient, is_protected=is_protected
        )

    _, decisions = folded(
        instance_received(),
        instance_received(content="another", overwrite="always"),
        seen,
        instance_received(overwrite="always"),
        protect(is_protected=True),
        seen,
        protect(is_protected=False),
        seen.model_copy(update={"level": None, "resource_id": IDS.series}),
        seen,
        seen,
    )
    assert [decisions[place] for place in (2, 5, 7, 8, 9)] == [
        "conflict",
        "conflict",
        "conflict",
        "deleted",
        "not_found",
    ]


def test_deleting_a_study_tells_each_instance_once() -> None:
    """Azure's readers see one delete per instance, each with its own sequence and time (A28)."""
    fold, _ = folded(
        instance_received(),
        instance_received(instance="1.1.2"),
        instance_received(series="1.2", instance="1.2.1"),
        deletion(Level.STUDY, IDS.study),
    )
    deletes = fold.effects.instance_changes[3:]
    assert [change.action for change in deletes] == [Action.DELETE] * 3
    assert [change.sequence for change in deletes] == [4, 5, 6]
    assert len({change.ticks for change in deletes}) == 3


def test_a_clock_that_steps_back_never_takes_the_feed_with_it() -> None:
    """Times never decrease with the sequence, whatever the log's clock does."""
    fold = empty_fold()
    fold.apply(recorded(instance_received(), 1, ticks=5_000))
    fold.apply(recorded(instance_received(instance="1.1.2"), 2, ticks=10))
    assert [change.ticks for change in fold.effects.instance_changes] == [5_000, 5_001]


def test_an_event_out_of_turn_is_refused() -> None:
    """A gap is a lost event: folding on would hide it."""
    with pytest.raises(AssertionError, match="does not follow"):
        empty_fold().apply(recorded(instance_received(), 2))


def test_text_that_postgres_cannot_hold_is_cleaned() -> None:
    """A NUL inside a value must not stop the projection for everybody."""
    fold, _ = folded(instance_received(StudyDescription="a\0b"))
    assert json.loads(fold.state.resources[IDS.study].main_dicom_tags)["StudyDescription"] == "ab"


def stabilized(level: Level, resource_id: ResourceId, arrived_ticks: int) -> ResourceStabilized:
    """Notice that a resource has come to rest."""
    return ResourceStabilized(level=level, resource_id=resource_id, arrived_ticks=arrived_ticks)


def test_a_quiet_period_is_told_once() -> None:
    """However many replicas noticed it."""
    rest = stabilized(Level.STUDY, IDS.study, 1_001)
    fold, decisions = folded(instance_received(), rest, rest)
    assert decisions[1:] == ["stabilized", "outdated"]
    assert told(fold)[4:] == [("STABLE_STUDY", "STUDY")]
    assert fold.state.resources[IDS.study].is_stable
    assert not fold.state.resources[IDS.series].is_stable


def test_the_next_instance_begins_another_period() -> None:
    """Stable is told again after it, and what was noticed before it arrived is outdated."""
    fold, decisions = folded(
        instance_received(),
        instance_received(instance="1.1.2"),
        stabilized(Level.SERIES, IDS.series, 1_001),
        stabilized(Level.SERIES, IDS.series, 1_002),
        instance_received(instance="1.1.3"),
        stabilized(Level.SERIES, IDS.series, 1_005),
    )
    assert decisions[2:4] == ["outdated", "stabilized"]
    assert [name for name, _ in told(fold)].count("STABLE_SERIES") == 2


def test_an_unchanged_repetition_does_not_disturb() -> None:
    """An instance that is there already reaches nothing."""
    fold, _ = folded(
        instance_received(), stabilized(Level.PATIENT, IDS.patient, 1_001), instance_received()
    )
    assert fold.state.resources[IDS.patient].is_stable


def test_a_deleted_resource_cannot_come_to_rest() -> None:
    """What was noticed just before the deletion is outdated."""
    _, decisions = folded(
        instance_received(),
        deletion(Level.STUDY, IDS.study),
        stabilized(Level.STUDY, IDS.study, 1_001),
    )
    assert decisions[2] == "outdated"


def test_a_series_is_complete_with_its_last_instance() -> None:
    """Four promised: told with the fourth, not with a fifth (orthanc-rest.md, C.4)."""
    fold, _ = folded(
        *(
            instance_received(instance=f"1.1.{n}", number=str(n), CardiacNumberOfImages="4")
            for n in (1, 2, 4, 3, 5)
        )
    )
    names = [name for name, _ in told(fold)]
    assert names.index("COMPLETED_SERIES") == len(names) - 2
    assert names.count("COMPLETED_SERIES") == 1


def test_a_place_taken_twice_does_not_complete_a_series() -> None:
    """Until the one too many is deleted and the missing one arrives."""
    promised: dict[str, Any] = {"CardiacNumberOfImages": "2"}
    twice = resource_ids("P", "1", "1.1", "b").instance
    fold, _ = folded(
        instance_received(instance="a", number="1", **promised),
        instance_received(instance="b", number="1", **promised),
        deletion(Level.INSTANCE, twice),
        instance_received(instance="c", number="2", **promised),
    )
    names = [name for name, _ in told(fold)]
    assert names[-1] == "COMPLETED_SERIES"
    assert names.count("COMPLETED_SERIES") == 1


def test_a_change_tells_where_its_resource_belongs() -> None:
    """Study, modalities and senders stand in each row, so that a filter needs nothing else, however old the row."""
    second = instance_received(series="1.2", instance="1.2.1", Modality="SR")
    sent = second.model_copy(update={"origin": Origin(protocol="DicomProtocol", remote_aet="CT1")})
    fold, _ = folded(instance_received(), sent, deletion(Level.PATIENT, IDS.patient))
    rows = {(row.change_type.name, row.resource_id): row for row in fold.effects.changes}
    new = rows["NEW_STUDY", IDS.study]
    assert (new.study_id, new.study_instance_uid) == (IDS.study, "1")
    assert (new.modalities, new.aets) == ("CT", "")
    gone = rows["DELETED", IDS.study]
    assert (gone.modalities, gone.aets) == ("CT\\SR", "CT1")
    instance = rows["DELETED", IDS.instance]
    assert (instance.study_id, instance.modalities, instance.aets) == (IDS.study, "CT", "")
    patient = rows["DELETED", IDS.patient]
    assert (patient.study_id, patient.study_instance_uid) == (None, None)


def test_what_a_row_tells_for_filters_is_bounded() -> None:
    """A file may hold anything where a code word belongs."""
    fold, _ = folded(
        *(
            instance_received(instance=f"1.1.{n}", Modality=f" {n:03}{'x' * 100}\\\\\0")
            for n in range(80)
        )
    )
    series = fold.state.resources[IDS.series].modalities.split("\\")
    assert len(series) == 64
    assert all(len(value) == 64 for value in series)


def test_clearing_moves_the_mark_and_nothing_else() -> None:
    """Orthanc's view is empty from here on; numbering goes on."""
    fold, decisions = folded(instance_received(), ChangesCleared(), instance_received(instance="2"))
    assert decisions == ["stored", "cleared", "stored"]
    assert fold.state.position.cleared_sequence == 4
    assert fold.state.position.change_sequence == 5


def test_passed_time_closes_windows_and_tells_nothing() -> None:
    """The feeds' time moves to the log's; what comes next is later, even by a clock that stepped back."""
    fold = empty_fold()
    fold.apply(recorded(instance_received(), 1))
    assert fold.apply(recorded(TimePassed(), 2, Ticks(5_000))).decision == "noted"
    assert len(fold.effects.changes) == 4
    assert fold.state.position.ticks == 5_000
    fold.apply(recorded(instance_received(instance="2"), 3, Ticks(4_000)))
    assert fold.effects.changes[-1].ticks == 5_001


@pytest.mark.parametrize(
    "change",
    [SettingChanged(name="metrics", value=False), ModalityChanged(name="ct", modality=None)],
)
def test_what_processes_follow_is_passed_over(change: SettingChanged | ModalityChanged) -> None:
    """The position moves on, and nothing else: not even the feeds' time."""
    fold = empty_fold()
    fold.apply(recorded(instance_received(), 1))
    before = fold.state.position.ticks
    assert fold.apply(recorded(change, 2, Ticks(5_000))).decision == "noted"
    assert (fold.state.position.log_sequence, fold.state.position.ticks) == (2, before)
    assert len(fold.effects.changes) == 4


_uploads = st.builds(
    instance_received,
    patient=st.sampled_from("AB"),
    study=st.sampled_from(["1", "2"]),
    series=st.sampled_from(["1.1", "1.2"]),
    instance=st.sampled_from(["1", "2", "3"]),
    content=st.sampled_from(["x", "y"]),
    overwrite=st.sampled_from(["never", "always", "if_changed"]),
    number=st.sampled_from(["1", "2", "3", "x"]),
    CardiacNumberOfImages=st.sampled_from(["2", "3"]),
)
_all_ids = [
    (level, resource_ids(patient, study, series, instance).at(level))
    for patient in "AB"
    for study in "12"
    for series in ("1.1", "1.2")
    for instance in "123"
    for level in Level
]
_deletions = st.sampled_from(_all_ids).map(lambda pair: deletion(*pair))
_histories = st.lists(st.one_of(_uploads, _deletions), max_size=40)


@given(_histories)
@settings(deadline=None)
def test_any_history_keeps_the_tree_and_both_feeds_whole(history: list[Event]) -> None:
    """Whatever happens: counts match, no orphan, no empty parent, feeds gapless, times in order."""
    fold, _ = folded(*history)
    state, effects = fold.state, fold.effects
    children: dict[ResourceId, int] = {}
    for resource in state.resources.values():
        if resource.parent_id is not None:
            assert resource.parent_id in state.resources
            children[resource.parent_id] = children.get(resource.parent_id, 0) + 1
    for resource in state.resources.values():
        if resource.level is Level.INSTANCE:
            assert resource.id in state.instances
        else:
            assert resource.child_count == children[resource.id] > 0
    assert effects.totals.instances == len(state.instances)
    assert effects.totals.size_bytes == sum(i.size_bytes for i in state.instances.values())
    assert [c.sequence for c in effects.changes] == list(range(1, len(effects.changes) + 1))
    azure = effects.instance_changes
    assert [c.sequence for c in azure] == list(range(1, len(azure) + 1))
    assert _rising(c.ticks for c in azure)
    assert sorted(c.ticks for c in effects.changes) == [c.ticks for c in effects.changes]
    for row in azure:
        cause = effects.changes[row.change_sequence - 1]
        assert cause.instance_sequence == row.sequence
        assert cause.resource_id == row.instance_id
        assert cause.change_type is (
            ChangeType.DELETED if row.action is Action.DELETE else ChangeType.NEW_INSTANCE
        )


@given(_histories)
@settings(deadline=None)
def test_the_feeds_alone_tell_what_is_there(history: list[Event]) -> None:
    """Replaying either feed from the start gives exactly the present instances."""
    fold, _ = folded(*history)
    by_azure: set[ResourceId] = set()
    for azure in fold.effects.instance_changes:
        (by_azure.discard if azure.action is Action.DELETE else by_azure.add)(azure.instance_id)
    by_orthanc: set[ResourceId] = set()
    for change in fold.effects.changes:
        deleted = change.change_type is ChangeType.DELETED
        (by_orthanc.discard if deleted else by_orthanc.add)(change.resource_id)
    assert by_azure == set(fold.state.instances)
    assert by_orthanc == set(fold.state.resources)


@given(_histories)
@settings(deadline=None)
def test_orthancs_clients_see_what_was_not_deleted_since(history: list[Event]) -> None:
    """Visible is every change but `Deleted`, without those of resources that were deleted later."""
    fold, _ = folded(*history)
    expected: dict[ResourceId, list[int]] = {}
    for change in fold.effects.changes:
        if change.change_type is ChangeType.DELETED:
            del expected[change.resource_id]
        else:
            earlier = expected.setdefault(change.resource_id, [])
            assert change.previous_sequence == (earlier[-1] if earlier else None)
            earlier.append(change.sequence)
    visible = sorted(sequence for chain in expected.values() for sequence in chain)
    assert fold.effects.visible() == visible


@given(_histories)
@settings(deadline=None)
def test_a_series_counts_its_places_as_its_instances_do(history: list[Event]) -> None:
    """After any history: complete by the counts exactly when complete by the documented rule."""
    fold, _ = folded(*history)
    for series in fold.state.resources.values():
        if series.level is not Level.SERIES:
            continue
        members = [i for i in fold.state.instances.values() if i.series_id == series.id]
        indexes = ["x" if i.index_in_series is None else str(i.index_in_series) for i in members]
        by_counts = series.distinct_indexes == series.child_count == series.expected_instances
        assert by_counts is (series_status(series.expected_instances, indexes) == "Complete")


@given(_histories)
@settings(deadline=None)
def test_no_blob_is_both_kept_and_collected(history: list[Event]) -> None:
    """Every blob that came is referred to by an instance or left to the collector, never both."""
    fold, _ = folded(*history)
    kept = {instance.event_id for instance in fold.state.instances.values()}
    assert len(kept) == len(fold.state.instances)
    uploads = [event for event in history if isinstance(event, InstanceReceived)]
    assert len(fold.effects.garbage) + len(fold.state.instances) == len(uploads)


def _rising(values: Iterable[int]) -> bool:
    listed = list(values)
    return all(before < after for before, after in pairwise(listed))
