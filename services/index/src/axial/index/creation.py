"""Put an instance into the tables, with those of its ancestors that are missing. Pure, as the fold that asks."""

from typing import Protocol

from axial.common.identifiers import Level, ResourceId, ResourceIds
from axial.common.recorded import Recorded
from axial.common.ticks import Ticks
from axial.index.places import take_place
from axial.index.state import (
    NEW_RESOURCE,
    Action,
    ChangeType,
    Effects,
    Findable,
    Instance,
    Resource,
    State,
)
from axial.index.tag_rows import joined
from axial.index.telling import Telling


class Newcomer(Protocol):
    """An instance that is to be there, wherever it comes from: what was received, or what was in the trash."""

    @property
    def ids(self) -> ResourceIds:
        """Name it and its ancestors."""

    @property
    def uids(self) -> tuple[str, str, str]:
        """Its study's, its series' and its own."""

    @property
    def modality(self) -> str:
        """What it adds to its ancestors' modalities."""

    @property
    def aet(self) -> str:
        """What it adds to the AE titles that have sent to its ancestors."""

    def resource(self, level: Level, number: int, moment: Ticks) -> Resource:
        """Make the resource at one level, which the change of this number creates."""

    def findable(self, level: Level, number: int) -> Findable:
        """Make what of it is found, at the levels above the instance."""

    def instance(self, version: int, moment: Ticks) -> Instance:
        """Make what only an instance has."""


class Creation:
    """What comes into being in one batch."""

    def __init__(self, state: State, effects: Effects, telling: Telling) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling

    def create(
        self, recorded: Recorded, newcomer: Newcomer, action: Action
    ) -> tuple[Instance, list[ResourceId]]:
        """Add the instance and those of its ancestors that are missing, from the instance upwards; name all of them."""
        ids = newcomer.ids
        moment = self._telling.next_moment(recorded)
        missing = [level for level in reversed(Level) if ids.at(level) not in self._state.resources]
        first_change = self._state.position.change_sequence + 1
        for number, level in enumerate(missing, first_change):
            self._state.add(newcomer.resource(level, number, moment))
            self._effects.totals.count(level, +1)
            if level is Level.PATIENT:
                # All of it is in this batch.
                self._state.recyclable[ids.patient] = None
            if level is not Level.INSTANCE:
                self._effects.findable[ids.at(level)] = newcomer.findable(level, number)
        for level in Level:
            self._reach(self._state.resources[ids.at(level)], newcomer, moment)
            if level in missing and (parent := level.parent) is not None:
                self._state.resources[ids.at(parent)].child_count += 1
        self._state.resources[ids.patient].recycling_sequence = recorded.sequence
        told = self._telling.instance_change(
            recorded, action, ids.instance, newcomer.uids, moment, first_change
        )
        for level in missing:
            same_fact = told.sequence if level is Level.INSTANCE else None
            created = self._state.resources[ids.at(level)]
            self._telling.change(recorded, NEW_RESOURCE[level], created, moment, same_fact)
        instance = newcomer.instance(told.sequence, moment)
        self._state.instances[ids.instance] = self._effects.instances[ids.instance] = instance
        self._effects.totals.size_bytes += instance.size_bytes
        self._effects.totals.disk_size_bytes += instance.disk_size_bytes
        series = self._state.resources[ids.series]
        if take_place(self._state, series, instance.index_in_series) and (
            series.distinct_indexes == series.child_count == series.expected_instances
        ):
            self._telling.change(recorded, ChangeType.COMPLETED_SERIES, series, moment)
        return instance, [ids.at(level) for level in missing]

    def _reach(self, resource: Resource, newcomer: Newcomer, moment: Ticks) -> None:
        """Note that an instance has reached a resource."""
        resource.updated_ticks = resource.arrived_ticks = moment
        resource.is_stable = resource.level is Level.INSTANCE
        resource.modalities = joined(resource.modalities, newcomer.modality)
        resource.aets = joined(resource.aets, newcomer.aet)
        self._effects.touched[resource.id] = None
