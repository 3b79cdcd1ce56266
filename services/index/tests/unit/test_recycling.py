"""Room is made as the simplest archive would make it, by whole patients, or not at all."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from support.recycling import SimpleArchive, histories

from axial.common.events import Event, InstanceReceived, StorageLimits
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import Ticks
from axial.index.fold import Fold
from axial.index.state import Action, Position, State, Usage

pytestmark = pytest.mark.unit


def fold_all(events: Sequence[Event]) -> tuple[Fold, list[str]]:
    """Fold a history from the beginning, in one batch; tell what was decided."""
    fold = Fold(State(Position(LogSequence(0), 0, 0, Ticks(0)), usage=Usage(0, 0)))
    decisions = [
        str(fold.apply(recorded(event, sequence)).decision)
        for sequence, event in enumerate(events, start=1)
    ]
    return fold, decisions


@settings(max_examples=300, deadline=None)
@given(histories())
def test_the_fold_agrees_with_the_simplest_archive(events: Sequence[Event]) -> None:
    """Whatever is stored, overwritten, protected, attached and deleted: the same is there in the end."""
    simple = SimpleArchive()
    expected = [simple.apply(event) for event in events]
    fold, decisions = fold_all(events)
    assert decisions == expected
    assert set(fold.state.instances) == simple.instances
    on_disk = fold.effects.totals.disk_size_bytes + fold.effects.attached_disk_bytes
    assert on_disk == sum(patient.size for patient in simple.patients.values())


def limited(event: InstanceReceived, **limits: object) -> InstanceReceived:
    """Put limits on an instance."""
    return event.model_copy(update={"limits": StorageLimits.model_validate(limits)})


def test_a_new_instance_makes_its_patient_the_newest() -> None:
    """The first patient was looked at again, so the second one goes; Azure's readers hear of it as of any deletion."""
    fold, decisions = fold_all(
        [
            instance_received("A", "1", "1.1", "1.1.1"),
            instance_received("B", "2", "2.1", "2.1.1"),
            instance_received("A", "1", "1.1", "1.1.2"),
            limited(instance_received("C", "3", "3.1", "3.1.1"), maximum_patients=2),
        ]
    )
    assert decisions == ["stored"] * 4
    assert {i.sop_instance_uid for i in fold.state.instances.values()} == {
        "1.1.1",
        "1.1.2",
        "3.1.1",
    }
    deleted = [c for c in fold.effects.instance_changes if c.action is Action.DELETE]
    assert [change.sop_instance_uid for change in deleted] == ["2.1.1"]


def test_what_cannot_fit_removes_nobody() -> None:
    """An instance larger than the whole limit is refused, and all that was there stays."""
    fold, decisions = fold_all(
        [
            instance_received("A", "1", "1.1", "1.1.1"),
            limited(
                instance_received("B", "2", "2.1", "2.1.1", content="x" * 50), maximum_bytes=40
            ),
        ]
    )
    assert decisions == ["stored", "full"]
    assert len(fold.state.instances) == 1
    assert len(fold.effects.garbage) == 1
