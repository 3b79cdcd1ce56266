"""Take what is deleted with grace to the trash, or out of it for good. Pure, as the fold that asks.

For every reader the resources are gone as after any deletion. Their rows and blobs stand aside (`index.trash`), out of
the collector's sight, until they come back (`restoring`) or are left to it.
"""

from axial.common.events import TrashEmptied
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks
from axial.index.removal import Removal
from axial.index.state import Deletion, Effects, Resource, State, Trashing
from axial.index.telling import Telling


class Trash:
    """What the only event of a batch takes to the trash, or out of it."""

    def __init__(self, state: State, effects: Effects, telling: Telling, removal: Removal) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling
        self._removal = removal

    def take(self, recorded: Recorded, resource: Resource, grace_seconds: int) -> Resource | None:
        """Remove a subtree as any deletion does, but keep it; return the nearest ancestor that stays."""
        moment = self._telling.next_moment(recorded)
        remaining = self._removal.delete(recorded, resource, tell_azure=True)
        # Nothing else is in this batch, so all of these are the deletion's.
        totals = self._effects.totals
        went = [name for name in self._effects.touched if name not in self._state.resources]
        stayed = []
        above = remaining
        while above is not None:
            stayed.append(above.id)
            above = self._state.resources[above.parent_id] if above.parent_id else None
        self._effects.trashing = Trashing(
            Deletion(
                deletion=recorded.sequence,
                level=resource.level,
                resource_id=resource.id,
                deleted_ticks=moment,
                until_ticks=Ticks(moment + grace_seconds * TICKS_PER_SECOND),
                instances=-totals.instances,
                disk_size_bytes=-totals.disk_size_bytes - self._effects.attached_disk_bytes,
            ),
            tuple(went),
            tuple(stayed),
        )
        self._effects.garbage.clear()
        return remaining

    def empty(self, recorded: Recorded, event: TrashEmptied) -> Outcome:
        """Leave the blobs of a deletion to the collector; the clock's word counts once the log's time agrees."""
        if self._state.trashed is None:
            return Outcome(decision="not_found")
        until = self._state.trashed.deletion.until_ticks
        if event.by == "clock" and recorded.ticks < until:
            return Outcome(decision="outdated")
        self._effects.emptied = self._state.trashed.deletion.deletion
        return Outcome(decision="removed")
