"""Decide what each event means. Pure: no clock, no randomness, no configuration, no I/O.

Folding the same events in the same order decides the same again, number by number and tick by tick;
that is what makes every table a projection that can be thrown away.
"""

from collections.abc import Callable
from typing import Any

from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    BlobFoundDamaged,
    BlobFoundSound,
    ChangesCleared,
    ExportsCleared,
    InstanceReceived,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ModalityChanged,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    ResourceExported,
    ResourceStabilized,
    SettingChanged,
    TimePassed,
)
from axial.common.identifiers import Level, ResourceIds
from axial.common.outcomes import Outcome, RemainingAncestor
from axial.common.recorded import Recorded
from axial.common.ticks import Ticks
from axial.index.annotations import Annotations
from axial.index.damage import Damages
from axial.index.exports import Exports
from axial.index.forms import Forms
from axial.index.places import take_place
from axial.index.recycling import Recycling
from axial.index.removal import Removal
from axial.index.series_status import expected_instances, index_in_series
from axial.index.state import (
    NEW_RESOURCE,
    STABLE_RESOURCE,
    Action,
    ChangeType,
    Dataset,
    Effects,
    Findable,
    Instance,
    Resource,
    State,
)
from axial.index.tag_rows import findable_tags, joined, main_tags
from axial.index.telling import Telling, is_expired


class Fold:
    """One batch: apply its events in order, then hand `effects` to the writer."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.effects = Effects()
        self._telling = Telling(state, self.effects)
        self.annotations = Annotations(state, self.effects, self._telling)
        self.exports = Exports(state, self.effects, self._telling)
        self.forms = Forms(state, self.effects, self._telling)
        self.damages = Damages(state, self.effects)
        self._removal = Removal(state, self.effects, self._telling, self.annotations)
        self._recycling = Recycling(state, self.effects, self._removal)

    def apply(self, recorded: Recorded) -> Outcome:
        """Decide one event and advance the position past it."""
        position = self.state.position
        if recorded.sequence != position.log_sequence + 1:
            raise AssertionError(
                f"event {recorded.sequence} does not follow {position.log_sequence}"
            )
        position.log_sequence = recorded.sequence
        decide: Callable[[Fold, Recorded, Any], Outcome] = _DECISIONS[type(recorded.event)]
        return decide(self, recorded, recorded.event)

    def _receive(self, recorded: Recorded, event: InstanceReceived) -> Outcome:
        """Store a new instance, or tell that it is there already, or put the new bytes in its place."""
        if is_expired(recorded, event.stored_at):
            self._telling.discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="expired")
        ids = event.resource_ids()
        present = self.state.instances.get(ids.instance)
        if present is None:
            return self._store(recorded, event, ids)
        if present.event_id == recorded.envelope.id:
            # The same event again, appended twice around an outage: it has been decided.
            return Outcome(decision="stored")
        if event.overwrite == "never" or (
            event.overwrite == "if_changed" and event.md5 == present.md5
        ):
            self._telling.discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="already_stored")
        recycled = self._recycling.make_room(recorded, event, freed_bytes=present.disk_size_bytes)
        if recycled is None:
            self._telling.discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="full")
        # Orthanc overwrites by deleting and creating again, so the ancestors that this instance alone kept
        # alive are new as well; Azure's readers see one update instead.
        self._removal.delete(recorded, self.state.resources[ids.instance], tell_azure=False)
        self._create(recorded, event, ids, Action.UPDATE)
        return Outcome(decision="replaced", recycled_patients=recycled)

    def _store(self, recorded: Recorded, event: InstanceReceived, ids: ResourceIds) -> Outcome:
        """Add an instance that is not there, if there is room for it."""
        recycled = self._recycling.make_room(recorded, event)
        if recycled is None:
            self._telling.discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="full")
        self._create(recorded, event, ids, Action.CREATE)
        return Outcome(decision="stored", recycled_patients=recycled)

    def _create(
        self, recorded: Recorded, event: InstanceReceived, ids: ResourceIds, action: Action
    ) -> None:
        """Add the instance, and those of its ancestors that are missing; from the instance upwards."""
        moment = self._telling.next_moment(recorded)
        missing = [level for level in reversed(Level) if ids.at(level) not in self.state.resources]
        first_change = self.state.position.change_sequence + 1
        for number, level in enumerate(missing, first_change):
            parent = level.parent
            self.state.add(
                Resource(
                    id=ids.at(level),
                    level=level,
                    parent_id=ids.at(parent) if parent else None,
                    created_sequence=number,
                    main_dicom_tags=main_tags(level, event.main_dicom_tags),
                    child_count=0,
                    updated_ticks=moment,
                    arrived_ticks=moment,
                    is_stable=level is Level.INSTANCE,
                    expected_instances=expected_instances(event.main_dicom_tags)
                    if level is Level.SERIES
                    else None,
                    study_instance_uid="" if level is Level.PATIENT else event.study_instance_uid,
                )
            )
            self.effects.totals.count(level, +1)
            if level is Level.PATIENT:
                # All of it is in this batch.
                self.state.recyclable[ids.patient] = None
            if level is not Level.INSTANCE:
                self.effects.findable[ids.at(level)] = Findable(
                    id=ids.at(level),
                    level=level,
                    parent_id=ids.at(parent) if parent else None,
                    created_sequence=number,
                    tags=findable_tags(level, event.main_dicom_tags),
                )
        for level in Level:
            resource = self.state.resources[ids.at(level)]
            resource.updated_ticks = resource.arrived_ticks = moment
            resource.is_stable = level is Level.INSTANCE
            resource.modalities = joined(
                resource.modalities, event.main_dicom_tags.get("Modality", "")
            )
            resource.aets = joined(resource.aets, event.origin.remote_aet)
            self.effects.touched[resource.id] = None
            if level in missing and resource.parent_id is not None:
                self.state.resources[resource.parent_id].child_count += 1
        self.state.resources[ids.patient].recycling_sequence = recorded.sequence
        told = self._telling.instance_change(
            recorded,
            action,
            ids.instance,
            (event.study_instance_uid, event.series_instance_uid, event.sop_instance_uid),
            moment,
            first_change,
        )
        for level in missing:
            same_fact = told.sequence if level is Level.INSTANCE else None
            created = self.state.resources[ids.at(level)]
            self._telling.change(recorded, NEW_RESOURCE[level], created, moment, same_fact)
        instance = Instance(
            id=ids.instance,
            series_id=ids.series,
            version=told.sequence,
            event_id=recorded.envelope.id,
            study_instance_uid=event.study_instance_uid,
            series_instance_uid=event.series_instance_uid,
            sop_instance_uid=event.sop_instance_uid,
            sop_class_uid=event.sop_class_uid,
            transfer_syntax_uid=event.transfer_syntax_uid,
            index_in_series=index_in_series(event.main_dicom_tags),
            pixel_data_offset=event.pixel_data_offset,
            pixel_data_vr=event.pixel_data_vr,
            size_bytes=event.size_bytes,
            md5=event.md5,
            blob_key=event.blob_key,
            header_blob_key=event.header_blob_key,
            received_ticks=moment,
            protocol=event.origin.protocol,
            remote_ip=event.origin.remote_ip,
            remote_aet=event.origin.remote_aet,
            called_aet=event.origin.called_aet,
            http_username=event.origin.http_username,
            compressed_size_bytes=event.compressed.size_bytes if event.compressed else None,
            compressed_md5=event.compressed.md5 if event.compressed else None,
        )
        self.state.instances[ids.instance] = instance
        self.effects.instances[ids.instance] = instance
        self.effects.datasets[ids.instance] = Dataset(
            ids.instance, told.sequence, event.header, event.header_blob_key
        )
        self.effects.totals.size_bytes += instance.size_bytes
        self.effects.totals.disk_size_bytes += instance.disk_size_bytes
        series = self.state.resources[ids.series]
        if take_place(self.state, series, instance.index_in_series) and (
            series.distinct_indexes == series.child_count == series.expected_instances
        ):
            self._telling.change(recorded, ChangeType.COMPLETED_SERIES, series, moment)

    def _request_deletion(self, recorded: Recorded, event: ResourceDeletionRequested) -> Outcome:
        """Delete a resource with all below it, and every ancestor it leaves without children."""
        resource = self.state.resources.get(event.resource_id)
        if resource is None or event.level not in (None, resource.level):
            return Outcome(decision="not_found")
        remaining = self._removal.delete(recorded, resource, tell_azure=True)
        return Outcome(
            decision="deleted",
            remaining_ancestor=RemainingAncestor(level=remaining.level, id=remaining.id)
            if remaining
            else None,
        )

    def _stabilize(self, recorded: Recorded, event: ResourceStabilized) -> Outcome:
        """Tell that a resource has come to rest, once for each quiet period, whoever noticed."""
        resource = self.state.resources.get(event.resource_id)
        if resource is None or resource.is_stable or resource.arrived_ticks != event.arrived_ticks:
            return Outcome(decision="outdated")
        resource.is_stable = True
        self.effects.touched[resource.id] = None
        moment = self._telling.next_moment(recorded)
        self._telling.change(recorded, STABLE_RESOURCE[resource.level], resource, moment)
        return Outcome(decision="stabilized")

    def _clear_changes(self, _recorded: Recorded, _event: ChangesCleared) -> Outcome:
        """Empty Orthanc's view; numbering goes on, the history stays."""
        position = self.state.position
        position.cleared_sequence = position.change_sequence
        return Outcome(decision="cleared")

    def _pass_time(self, recorded: Recorded, _event: TimePassed) -> Outcome:
        """Close every window that ends by now: whatever comes later gets a later time."""
        position = self.state.position
        position.ticks = Ticks(max(position.ticks, recorded.ticks))
        return Outcome(decision="noted")

    def _pass_over(self, _recorded: Recorded, _event: SettingChanged | ModalityChanged) -> Outcome:
        """Leave it to the processes, which follow the log for it: no table depends on it."""
        return Outcome(decision="noted")


_DECISIONS: dict[type, Callable[[Fold, Recorded, Any], Outcome]] = {
    InstanceReceived: Fold._receive,  # noqa: SLF001 - the table belongs to the class
    ResourceDeletionRequested: Fold._request_deletion,  # noqa: SLF001
    ResourceStabilized: Fold._stabilize,  # noqa: SLF001
    ChangesCleared: Fold._clear_changes,  # noqa: SLF001
    TimePassed: Fold._pass_time,  # noqa: SLF001
    SettingChanged: Fold._pass_over,  # noqa: SLF001
    ModalityChanged: Fold._pass_over,  # noqa: SLF001
    ResourceExported: lambda fold, *event: fold.exports.note(*event),
    ExportsCleared: lambda fold, *event: fold.exports.clear(*event),
    MetadataWriteRequested: lambda fold, *event: fold.annotations.write_metadata(*event),
    MetadataDeletionRequested: lambda fold, *event: fold.annotations.delete_metadata(*event),
    AttachmentWriteRequested: lambda fold, *event: fold.annotations.write_attachment(*event),
    AttachmentDeletionRequested: lambda fold, *event: fold.annotations.delete_attachment(*event),
    AttachmentCompressionChangeRequested: lambda fold, *event: fold.forms.change(*event),
    LabelChangeRequested: lambda fold, *event: fold.annotations.change_label(*event),
    ProtectionChangeRequested: lambda fold, *event: fold.annotations.change_protection(*event),
    BlobFoundDamaged: lambda fold, *event: fold.damages.find_damaged(*event),
    BlobFoundSound: lambda fold, *event: fold.damages.find_sound(*event),
}
