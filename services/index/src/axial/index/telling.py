"""Number and time what is decided, for both feeds. Pure, as the fold that asks.

Numbers run without a gap from the position's, times are the log's and never go back.
"""

from datetime import datetime

from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import Recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks, from_datetime
from axial.index.state import (
    Action,
    Change,
    ChangeType,
    Effects,
    InstanceChange,
    Resource,
    State,
)

# An append that got lost on its way and arrives this long after its blob was told of as failed long ago, and the
# sweeper, whose grace is at least twice as long, may have removed the blob. Clocks that differ by less do no harm.
_EXPIRES_SECONDS = 1800


class Telling:
    """What one batch tells, and what it leaves to be hidden and collected."""

    def __init__(self, state: State, effects: Effects) -> None:
        self._state = state
        self._effects = effects
        self._told_before = state.position.change_sequence

    def next_moment(self, recorded: Recorded) -> Ticks:
        """Return the log's time of the event, or the first tick behind the last one given."""
        return Ticks(max(recorded.ticks, self._state.position.ticks + 1))

    def change(
        self,
        recorded: Recorded,
        change_type: ChangeType,
        resource: Resource,
        moment: Ticks,
        instance_sequence: int | None = None,
    ) -> Change:
        """Add a row to Orthanc's view, which names the row of Azure's that tells of the same fact."""
        position = self._state.position
        position.change_sequence += 1
        position.ticks = Ticks(max(position.ticks, moment))
        change = Change(
            sequence=position.change_sequence,
            change_type=change_type,
            level=resource.level,
            resource_id=resource.id,
            ticks=moment,
            log_sequence=recorded.sequence,
            previous_sequence=resource.newest_change or None,
            instance_sequence=instance_sequence,
            study_id=self._study_of(resource),
            study_instance_uid=resource.study_instance_uid or None,
            modalities=resource.modalities,
            aets=resource.aets,
        )
        resource.newest_change = change.sequence
        self._effects.changes.append(change)
        return change

    def _study_of(self, resource: Resource) -> ResourceId | None:
        match resource.level:
            case Level.PATIENT:
                return None
            case Level.STUDY:
                return resource.id
            case Level.SERIES:
                return resource.parent_id
            case Level.INSTANCE:
                assert resource.parent_id is not None, "an instance is in a series"
                return self._state.resources[resource.parent_id].parent_id

    def hide(self, recorded: Recorded, sequence: int | None) -> None:
        """Hide a change and those before it of the same resource: it is gone from Orthanc's view."""
        while sequence is not None and sequence > self._told_before:
            self._effects.hidden[sequence] = recorded.sequence
            sequence = self._effects.changes[sequence - self._told_before - 1].previous_sequence
        if sequence is not None:
            self._effects.hidden_chains.append((sequence, recorded.sequence))

    def instance_change(
        self,
        recorded: Recorded,
        action: Action,
        instance_id: ResourceId,
        uids: tuple[str, str, str],
        moment: Ticks,
        change_sequence: int,
    ) -> InstanceChange:
        """Add a row to Azure's view, which names the row of Orthanc's that tells of the same fact."""
        position = self._state.position
        position.instance_sequence += 1
        position.ticks = Ticks(max(position.ticks, moment))
        change = InstanceChange(
            position.instance_sequence,
            action,
            instance_id,
            *uids,
            moment,
            change_sequence,
            recorded.sequence,
        )
        self._effects.instance_changes.append(change)
        return change

    def discard(self, recorded: Recorded, *keys: str | None) -> None:
        """Leave blobs to the collector, which acts on committed rows only."""
        for key in filter(None, keys):
            self._effects.garbage.append((key, recorded.sequence))
            # What nothing refers to is no damage.
            self._state.damaged.pop(key, None)
            self._effects.damaged.pop(key, None)


def is_expired(recorded: Recorded, stored_at: datetime) -> bool:
    """Tell whether an event came so late after its blob that the blob may be gone."""
    return recorded.ticks - from_datetime(stored_at) > _EXPIRES_SECONDS * TICKS_PER_SECOND
