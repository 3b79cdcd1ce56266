"""Bring back what a deletion with grace took, all of it or nothing. Pure, as the fold that asks.

What stands there now stays: an instance that was stored again, a metadata or an attachment that was written again. All
else is there as it was, by new numbers in both feeds, and as having just arrived.
"""

import dataclasses

from axial.common.events import TrashRestoreRequested
from axial.common.identifiers import Level, ResourceId, ResourceIds
from axial.common.outcomes import Outcome, Restored
from axial.common.recorded import Recorded
from axial.common.ticks import Ticks
from axial.index.creation import Creation
from axial.index.recycling import Recycling
from axial.index.state import (
    Action,
    ChangeType,
    Effects,
    Findable,
    Instance,
    Resource,
    State,
    Trashed,
)
from axial.index.telling import Telling


class Returning:
    """A newcomer that has been here before."""

    def __init__(self, trashed: Trashed, instance: Instance) -> None:
        self._trashed = trashed
        self._instance = instance
        series = trashed.resources[instance.series_id]
        study = _parent(series)
        patient = _parent(trashed.resources[study])
        self.ids = ResourceIds(patient, study, series.id, instance.id)

    @property
    def uids(self) -> tuple[str, str, str]:
        """Its study's, its series' and its own."""
        instance = self._instance
        return (
            instance.study_instance_uid,
            instance.series_instance_uid,
            instance.sop_instance_uid,
        )

    @property
    def modality(self) -> str:
        """What it adds to its ancestors' modalities."""
        return self._trashed.resources[self.ids.instance].modalities

    @property
    def aet(self) -> str:
        """What it adds to the AE titles that have sent to its ancestors."""
        return self._trashed.resources[self.ids.instance].aets

    def resource(self, level: Level, number: int, moment: Ticks) -> Resource:
        """Make the resource at one level, which the change of this number creates: what it says of its files stays."""
        return dataclasses.replace(
            self._trashed.resources[self.ids.at(level)],
            created_sequence=number,
            child_count=0,
            updated_ticks=moment,
            arrived_ticks=moment,
            distinct_indexes=0,
            modalities="",
            aets="",
            newest_change=0,
            is_protected=False,
            recycling_sequence=0,
        )

    def findable(self, level: Level, number: int) -> Findable:
        """Make what of it is found, at the levels above the instance."""
        found = self._trashed.findable[self.ids.at(level)]
        return dataclasses.replace(found, created_sequence=number)

    def instance(self, version: int, _moment: Ticks) -> Instance:
        """Make what only an instance has: where it came from, and when, stays."""
        return dataclasses.replace(self._instance, version=version)


class Restoring:
    """What the only event of a batch brings back."""

    def __init__(
        self,
        state: State,
        effects: Effects,
        telling: Telling,
        recycling: Recycling,
        creation: Creation,
    ) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling
        self._recycling = recycling
        self._creation = creation

    def restore(self, recorded: Recorded, event: TrashRestoreRequested) -> Outcome:
        """Bring it back if there is room for it; else it stays in the trash."""
        trashed = self._state.trashed
        if trashed is None:
            return Outcome(decision="not_found")
        recycled = self._recycling.make_room(
            recorded, event.limits, trashed.patient, self._missing_bytes(trashed)
        )
        if recycled is None:
            return Outcome(decision="full")
        created: set[ResourceId] = set()
        for instance in trashed.instances.values():
            if present := self._state.instances.get(instance.id):
                self._give_up(recorded, instance.blob_key, present.blob_key)
                self._give_up(recorded, instance.header_blob_key, present.header_blob_key)
            else:
                _, names = self._creation.create(
                    recorded, Returning(trashed, instance), Action.CREATE
                )
                created.update(names)
        self._annotate(recorded, trashed, created)
        deletion = trashed.deletion
        self._effects.restored = deletion.deletion
        return Outcome(
            decision="restored",
            restored=Restored(level=deletion.level, id=deletion.resource_id),
            recycled_patients=recycled,
        )

    def _missing_bytes(self, trashed: Trashed) -> int:
        """Sum up the files that would come back."""
        return sum(
            instance.disk_size_bytes
            for name, instance in trashed.instances.items()
            if name not in self._state.instances
        ) + sum(
            attachment.disk_size_bytes
            for key, attachment in trashed.attachments.items()
            if key not in self._state.attachments
        )

    def _annotate(self, recorded: Recorded, trashed: Trashed, created: set[ResourceId]) -> None:
        """Attach again what was attached, where nothing is; tell of it where the resource itself is no news."""
        for key, metadatum in trashed.metadata.items():
            if key not in self._state.metadata:
                self._state.metadata[key] = self._effects.metadata[key] = metadatum
                self._tell(recorded, ChangeType.UPDATED_METADATA, key[0], created)
        for key, attachment in trashed.attachments.items():
            if present := self._state.attachments.get(key):
                self._give_up(recorded, attachment.blob_key, present.blob_key)
            else:
                self._state.attachments[key] = self._effects.attachments[key] = attachment
                self._effects.attached_disk_bytes += attachment.disk_size_bytes
                self._tell(recorded, ChangeType.UPDATED_ATTACHMENT, key[0], created)
        for label in trashed.labels:
            self._effects.labels[label] = True
        patient = trashed.resources[trashed.patient]
        if patient.is_protected and patient.id not in trashed.stayed:
            self._state.resources[patient.id].is_protected = True
            self._effects.touched[patient.id] = None

    def _give_up(self, recorded: Recorded, key: str | None, key_in_use: str | None) -> None:
        """Leave a file to the collector whose place another one has taken."""
        # The same one is there when its event was appended twice, and folded behind the deletion again.
        if key != key_in_use:
            self._telling.discard(recorded, key)

    def _tell(
        self,
        recorded: Recorded,
        change_type: ChangeType,
        resource_id: ResourceId,
        created: set[ResourceId],
    ) -> None:
        if resource_id in created:
            return
        resource = self._state.resources[resource_id]
        moment = self._telling.next_moment(recorded)
        self._telling.change(recorded, change_type, resource, moment)
        self._effects.touched[resource_id] = None


def _parent(resource: Resource) -> ResourceId:
    assert resource.parent_id is not None, "only a patient has none"
    return resource.parent_id
