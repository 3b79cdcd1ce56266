"""Take resources away: a subtree, and the ancestors that it leaves without children. Pure, as the fold that asks."""

from axial.common.identifiers import Level
from axial.common.recorded import Recorded
from axial.common.ticks import Ticks
from axial.index.annotations import Annotations
from axial.index.places import free_place
from axial.index.state import Action, ChangeType, Effects, Resource, State
from axial.index.telling import Telling


class Removal:
    """The deletions of one batch."""

    def __init__(
        self, state: State, effects: Effects, telling: Telling, annotations: Annotations
    ) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling
        self._annotations = annotations

    def delete(
        self, recorded: Recorded, resource: Resource, *, tell_azure: bool
    ) -> Resource | None:
        """Remove a subtree, children before parents; return the nearest ancestor that stays."""
        moment = self._telling.next_moment(recorded)
        for below in self._subtree(resource):
            moment = self._remove(recorded, below, moment, tell_azure=tell_azure)
        above = resource.parent_id
        while above is not None:
            ancestor = self._state.resources[above]
            if ancestor.child_count > 0:
                self._touch_upwards(ancestor)
                return ancestor
            moment = self._remove(recorded, ancestor, moment, tell_azure=False)
            above = ancestor.parent_id
        return None

    def _subtree(self, resource: Resource) -> list[Resource]:
        """List a resource and all below it, every child before its parent, in the order of creation."""
        listed: list[Resource] = []
        waiting = [(resource, False)]
        while waiting:
            current, children_done = waiting.pop()
            if children_done:
                listed.append(current)
                continue
            waiting.append((current, True))
            children = self._state.children.get(current.id, {})
            waiting.extend((self._state.resources[child], False) for child in reversed(children))
        return listed

    def _remove(
        self, recorded: Recorded, resource: Resource, moment: Ticks, *, tell_azure: bool
    ) -> Ticks:
        """Take one childless resource away; return the time the next entry may have."""
        told_to_azure = tell_azure and resource.level is Level.INSTANCE
        same_fact = self._state.position.instance_sequence + 1 if told_to_azure else None
        change = self._telling.change(recorded, ChangeType.DELETED, resource, moment, same_fact)
        self._telling.hide(recorded, change.previous_sequence)
        self._annotations.strip(recorded, resource.id)
        self._state.remove(resource)
        if resource.parent_id is not None:
            self._state.resources[resource.parent_id].child_count -= 1
            self._effects.touched[resource.parent_id] = None
        self._effects.totals.count(resource.level, -1)
        self._effects.touched[resource.id] = None
        if resource.level is not Level.INSTANCE:
            self._effects.findable.pop(resource.id, None)
            return moment
        instance = self._state.instances.pop(resource.id)
        free_place(
            self._state,
            self._state.resources[instance.series_id],
            instance.index_in_series,
        )
        self._effects.instances.pop(resource.id, None)
        self._effects.datasets.pop(resource.id, None)
        self._telling.discard(recorded, instance.blob_key, instance.header_blob_key)
        self._effects.totals.size_bytes -= instance.size_bytes
        self._effects.totals.disk_size_bytes -= instance.disk_size_bytes
        if not tell_azure:
            return moment
        uids = (
            instance.study_instance_uid,
            instance.series_instance_uid,
            instance.sop_instance_uid,
        )
        self._telling.instance_change(
            recorded, Action.DELETE, resource.id, uids, moment, change.sequence
        )
        return self._telling.next_moment(recorded)

    def _touch_upwards(self, resource: Resource) -> None:
        """Move LastUpdate of a resource and its ancestors: it changes with a child's deletion too."""
        current: Resource | None = resource
        while current is not None:
            current.updated_ticks = self._state.position.ticks
            self._effects.touched[current.id] = None
            current = self._state.resources[current.parent_id] if current.parent_id else None
