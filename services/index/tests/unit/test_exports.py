"""What the fold makes of exports."""

import pytest

from axial.common.events import Event, ExportsCleared, ResourceDeletionRequested, ResourceExported
from axial.common.identifiers import Level, ResourceId, resource_ids
from axial.common.outcomes import Outcome
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received, recorded
from axial.common.ticks import Ticks
from axial.index.fold import Fold
from axial.index.state import Export, ExportsPosition, Position, State

pytestmark = pytest.mark.unit

IDS = resource_ids("P", "1", "1.1", "1.1.1")


def exported(level: Level, resource_id: ResourceId | None = None) -> ResourceExported:
    """Tell that a resource of the one instance was sent."""
    return ResourceExported(
        level=level, resource_id=resource_id or IDS.at(level), remote_modality="pacs"
    )


class History:
    """A log that begins with one instance, folded in one batch."""

    def __init__(self) -> None:
        self.fold = Fold(State(Position(LogSequence(0), 0, 0, Ticks(0))))
        self.apply(instance_received())

    def apply(self, event: Event, ticks: int | None = None) -> Outcome:
        """Fold one event."""
        return self.fold.apply(recorded(event, self.fold.state.position.log_sequence + 1, ticks))

    @property
    def exports(self) -> list[Export]:
        """The rows to be written."""
        return self.fold.effects.exports


def test_each_level_names_what_is_above_it() -> None:
    """The identifiers are those of the resource's own level and above; none below."""
    history = History()
    for level in Level:
        assert history.apply(exported(level)).decision == "noted"
    assert [export.sequence for export in history.exports] == [1, 2, 3, 4]
    identifiers = ["P", "1", "1.1", "1.1.1"]
    for level, export in zip(Level, history.exports, strict=True):
        told = [
            export.patient_id,
            export.study_instance_uid,
            export.series_instance_uid,
            export.sop_instance_uid,
        ]
        assert told == identifiers[:level] + [""] * (4 - level)
        assert (export.level, export.resource_id) == (level, IDS.at(level))
        assert export.remote_modality == "pacs"


def test_numbers_go_on_behind_a_clearing() -> None:
    """What was cleared in the same batch is not written at all, and its numbers are not given again."""
    history = History()
    history.apply(exported(Level.STUDY))
    history.apply(exported(Level.STUDY))
    assert history.apply(ExportsCleared()).decision == "cleared"
    assert history.exports == []
    history.apply(exported(Level.SERIES))
    assert [export.sequence for export in history.exports] == [3]
    assert history.fold.effects.exports_position == ExportsPosition(3, 2)


def test_what_is_not_there_was_not_exported() -> None:
    """Neither an unknown resource nor one at another level; the row of one that goes later stays."""
    history = History()
    assert history.apply(exported(Level.STUDY, IDS.series)).decision == "not_found"
    history.apply(exported(Level.STUDY))
    history.apply(ResourceDeletionRequested(resource_id=IDS.patient))
    assert history.apply(exported(Level.STUDY)).decision == "not_found"
    assert [export.resource_id for export in history.exports] == [IDS.study]


def test_times_never_go_back() -> None:
    """A clock of the log that does is overruled, as in the feeds."""
    history = History()
    history.apply(exported(Level.STUDY), ticks=5_000)
    history.apply(exported(Level.STUDY), ticks=4_000)
    first, second = (export.ticks for export in history.exports)
    assert first < second


def test_a_batch_without_exports_leaves_their_log_alone() -> None:
    """Nothing is written to it, so nothing need be loaded."""
    assert History().fold.effects.exports_position is None


@pytest.mark.parametrize("level", Level)
def test_a_deletion_need_not_name_the_level(level: Level) -> None:
    """Whatever the identifier names goes, with all that is above it and left empty."""
    history = History()
    outcome = history.apply(ResourceDeletionRequested(resource_id=IDS.at(level)))
    assert outcome.decision == "deleted"
    assert history.fold.state.resources == {}
    assert history.apply(ResourceDeletionRequested(resource_id=IDS.study)).decision == "not_found"
