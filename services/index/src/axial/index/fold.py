"""Decide what each event means. Pure: no clock, no randomness, no configuration, no I/O.

Folding the same events in the same order decides the same again, number by number and tick by tick;
that is what makes every table a projection that can be thrown away.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from axial.common.attributes import main_dicom_tags_of
from axial.common.events import (
    AnnotationRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    ChangesCleared,
    InstanceReceived,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    ResourceStabilized,
    TimePassed,
)
from axial.common.identifiers import Level, ResourceId, ResourceIds
from axial.common.outcomes import Outcome, RemainingAncestor
from axial.common.recorded import Recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks, from_datetime
from axial.index.annotations import Annotations
from axial.index.matching import normalised
from axial.index.series_status import expected_instances, index_in_series
from axial.index.state import (
    NEW_RESOURCE,
    STABLE_RESOURCE,
    Action,
    Change,
    ChangeType,
    Dataset,
    Effects,
    Findable,
    Instance,
    InstanceChange,
    Resource,
    State,
)

# Attributes from which Orthanc tells how many instances a series should have (orthanc-rest.md, C.4).
_SERIES_STATUS_KEYWORDS = (
    "ImagesInAcquisition",
    "NumberOfTemporalPositions",
    "NumberOfSlices",
    "NumberOfTimeSlices",
    "CardiacNumberOfImages",
)

# Made once: `json.dumps` would make an encoder for each resource.
_write_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

# What a feed's row tells of modalities and senders is for filtering: DICOM allows 16 characters (PS3.5, 6.2, AE and
# CS), and no honest study comes near the number.
_LONGEST_VALUE = 64
_MOST_VALUES = 64

# An append that got lost on its way and arrives this long after its blob was told of as failed long ago, and the
# sweeper, whose grace is at least twice as long, may have removed the blob. Clocks that differ by less do no harm.
_EXPIRES_SECONDS = 1800


class Fold:
    """One batch: apply its events in order, then hand `effects` to the writer."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.effects = Effects()
        self._annotations = Annotations(state, self.effects)
        self._told_before = state.position.change_sequence

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
        if _expired(recorded, event.stored_at):
            self._discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="expired")
        ids = event.resource_ids()
        present = self.state.instances.get(ids.instance)
        if present is None:
            self._create(recorded, event, ids, Action.CREATE)
            return Outcome(decision="stored")
        if present.event_id == recorded.envelope.id:
            # The same event again, appended twice around an outage: it has been decided.
            return Outcome(decision="stored")
        if event.overwrite == "never" or (
            event.overwrite == "if_changed" and event.md5 == present.md5
        ):
            self._discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="already_stored")
        # Orthanc overwrites by deleting and creating again, so the ancestors that this instance alone kept
        # alive are new as well; Azure's readers see one update instead.
        self._delete(recorded, self.state.resources[ids.instance], tell_azure=False)
        self._create(recorded, event, ids, Action.UPDATE)
        return Outcome(decision="replaced")

    def _create(
        self, recorded: Recorded, event: InstanceReceived, ids: ResourceIds, action: Action
    ) -> None:
        """Add the instance, and those of its ancestors that are missing; from the instance upwards."""
        moment = self._next_moment(recorded)
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
                    main_dicom_tags=_tags(level, event.main_dicom_tags),
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
            if level is not Level.INSTANCE:
                self.effects.findable[ids.at(level)] = Findable(
                    id=ids.at(level),
                    level=level,
                    parent_id=ids.at(parent) if parent else None,
                    created_sequence=number,
                    tags=_findable_tags(level, event.main_dicom_tags),
                )
        for level in Level:
            resource = self.state.resources[ids.at(level)]
            resource.updated_ticks = resource.arrived_ticks = moment
            resource.is_stable = level is Level.INSTANCE
            resource.modalities = _joined(
                resource.modalities, event.main_dicom_tags.get("Modality", "")
            )
            resource.aets = _joined(resource.aets, event.origin.remote_aet)
            self.effects.touched[resource.id] = None
            if level in missing and resource.parent_id is not None:
                self.state.resources[resource.parent_id].child_count += 1
        told = self._tell_azure(
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
            self._tell(recorded, NEW_RESOURCE[level], created, moment, same_fact)
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
        )
        self.state.instances[ids.instance] = instance
        self.effects.instances[ids.instance] = instance
        self.effects.datasets[ids.instance] = Dataset(
            ids.instance, told.sequence, event.header, event.header_blob_key
        )
        self.effects.totals.size_bytes += event.size_bytes
        series = self.state.resources[ids.series]
        if self._count_index(series, instance.index_in_series, +1) and (
            series.distinct_indexes == series.child_count == series.expected_instances
        ):
            self._tell(recorded, ChangeType.COMPLETED_SERIES, series, moment)

    def _count_index(self, series: Resource, index: int | None, by: int) -> bool:
        """Take or free an instance's place in a series that promises a number; tell whether it has one there."""
        expected = series.expected_instances
        if expected is None or index is None or not 1 <= index <= expected:
            return False
        claims = self.state.index_counts.get((series.id, index), 0)
        self.state.index_counts[series.id, index] = claims + by
        # The first claim takes the place, the last one to go frees it.
        if claims == (0 if by > 0 else 1):
            series.distinct_indexes += by
        return True

    def _request_deletion(self, recorded: Recorded, event: ResourceDeletionRequested) -> Outcome:
        """Delete a resource with all below it, and every ancestor it leaves without children."""
        resource = self.state.resources.get(event.resource_id)
        if resource is None or resource.level != event.level:
            return Outcome(decision="not_found")
        remaining = self._delete(recorded, resource, tell_azure=True)
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
        moment = self._next_moment(recorded)
        self._tell(recorded, STABLE_RESOURCE[resource.level], resource, moment)
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

    def _write_metadata(self, recorded: Recorded, event: MetadataWriteRequested) -> Outcome:
        outcome = self._decided_on(event) or self._annotations.write_metadata(event)
        return self._tell_update(recorded, event, ChangeType.UPDATED_METADATA, outcome)

    def _delete_metadata(self, recorded: Recorded, event: MetadataDeletionRequested) -> Outcome:
        outcome = self._decided_on(event) or self._annotations.delete_metadata(event)
        return self._tell_update(recorded, event, ChangeType.UPDATED_METADATA, outcome)

    def _write_attachment(self, recorded: Recorded, event: AttachmentWriteRequested) -> Outcome:
        if _expired(recorded, event.stored_at):
            self._discard(recorded, event.blob_key)
            return Outcome(decision="expired")
        outcome = self._decided_on(event)
        if outcome:
            self._discard(recorded, event.blob_key)
        else:
            outcome = self._annotations.write_attachment(recorded, event)
        return self._tell_update(recorded, event, ChangeType.UPDATED_ATTACHMENT, outcome)

    def _delete_attachment(self, recorded: Recorded, event: AttachmentDeletionRequested) -> Outcome:
        outcome = self._decided_on(event) or self._annotations.delete_attachment(recorded, event)
        return self._tell_update(recorded, event, ChangeType.UPDATED_ATTACHMENT, outcome)

    def _change_label(self, _recorded: Recorded, event: LabelChangeRequested) -> Outcome:
        return self._decided_on(event) or self._annotations.change_label(event)

    def _change_protection(self, _recorded: Recorded, event: ProtectionChangeRequested) -> Outcome:
        """Protect a patient, or no longer; below the patient there is nothing to protect."""
        outcome = self._decided_on(event)
        if outcome or event.level is not Level.PATIENT:
            return outcome or Outcome(decision="not_found")
        self.state.resources[event.resource_id].is_protected = event.is_protected
        self.effects.touched[event.resource_id] = None
        return Outcome(decision="written")

    def _decided_on(self, event: AnnotationRequested) -> Outcome | None:
        """Nothing can be attached to what is not there."""
        resource = self.state.resources.get(event.resource_id)
        if resource is None or resource.level != event.level:
            return Outcome(decision="not_found")
        return None

    def _tell_update(
        self,
        recorded: Recorded,
        event: AnnotationRequested,
        change_type: ChangeType,
        outcome: Outcome,
    ) -> Outcome:
        """Tell of what was written or removed, and only then (Orthanc logs every such change)."""
        if outcome.decision in {"written", "removed"}:
            resource = self.state.resources[event.resource_id]
            self._tell(recorded, change_type, resource, self._next_moment(recorded))
            self.effects.touched[resource.id] = None
        return outcome

    def _delete(
        self, recorded: Recorded, resource: Resource, *, tell_azure: bool
    ) -> Resource | None:
        """Remove a subtree, children before parents; return the nearest ancestor that stays."""
        moment = self._next_moment(recorded)
        for below in self._subtree(resource):
            moment = self._remove(recorded, below, moment, tell_azure=tell_azure)
        above = resource.parent_id
        while above is not None:
            ancestor = self.state.resources[above]
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
            children = self.state.children.get(current.id, {})
            waiting.extend((self.state.resources[child], False) for child in reversed(children))
        return listed

    def _remove(
        self, recorded: Recorded, resource: Resource, moment: Ticks, *, tell_azure: bool
    ) -> Ticks:
        """Take one childless resource away; return the time the next entry may have."""
        told_to_azure = tell_azure and resource.level is Level.INSTANCE
        same_fact = self.state.position.instance_sequence + 1 if told_to_azure else None
        change = self._tell(recorded, ChangeType.DELETED, resource, moment, same_fact)
        self._hide(recorded, change.previous_sequence)
        self._annotations.strip(recorded, resource.id)
        self.state.remove(resource)
        if resource.parent_id is not None:
            self.state.resources[resource.parent_id].child_count -= 1
            self.effects.touched[resource.parent_id] = None
        self.effects.totals.count(resource.level, -1)
        self.effects.touched[resource.id] = None
        if resource.level is not Level.INSTANCE:
            self.effects.findable.pop(resource.id, None)
            return moment
        instance = self.state.instances.pop(resource.id)
        self._count_index(self.state.resources[instance.series_id], instance.index_in_series, -1)
        self.effects.instances.pop(resource.id, None)
        self.effects.datasets.pop(resource.id, None)
        self._discard(recorded, instance.blob_key, instance.header_blob_key)
        self.effects.totals.size_bytes -= instance.size_bytes
        if not tell_azure:
            return moment
        uids = (
            instance.study_instance_uid,
            instance.series_instance_uid,
            instance.sop_instance_uid,
        )
        self._tell_azure(recorded, Action.DELETE, resource.id, uids, moment, change.sequence)
        return self._next_moment(recorded)

    def _touch_upwards(self, resource: Resource) -> None:
        """Move LastUpdate of a resource and its ancestors: it changes with a child's deletion too."""
        current: Resource | None = resource
        while current is not None:
            current.updated_ticks = self.state.position.ticks
            self.effects.touched[current.id] = None
            current = self.state.resources[current.parent_id] if current.parent_id else None

    def _next_moment(self, recorded: Recorded) -> Ticks:
        """Return the log's time of the event, or the first tick behind the last one given."""
        return Ticks(max(recorded.ticks, self.state.position.ticks + 1))

    def _tell(
        self,
        recorded: Recorded,
        change_type: ChangeType,
        resource: Resource,
        moment: Ticks,
        instance_sequence: int | None = None,
    ) -> Change:
        position = self.state.position
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
        self.effects.changes.append(change)
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
                return self.state.resources[resource.parent_id].parent_id

    def _hide(self, recorded: Recorded, sequence: int | None) -> None:
        """Hide a change and those before it of the same resource: it is gone from Orthanc's view."""
        while sequence is not None and sequence > self._told_before:
            self.effects.hidden[sequence] = recorded.sequence
            sequence = self.effects.changes[sequence - self._told_before - 1].previous_sequence
        if sequence is not None:
            self.effects.hidden_chains.append((sequence, recorded.sequence))

    def _tell_azure(
        self,
        recorded: Recorded,
        action: Action,
        instance_id: ResourceId,
        uids: tuple[str, str, str],
        moment: Ticks,
        change_sequence: int,
    ) -> InstanceChange:
        position = self.state.position
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
        self.effects.instance_changes.append(change)
        return change

    def _discard(self, recorded: Recorded, *keys: str | None) -> None:
        """Leave blobs to the collector, which acts on committed rows only."""
        self.effects.garbage.extend((key, recorded.sequence) for key in keys if key)


_DECISIONS: dict[type, Callable[[Fold, Recorded, Any], Outcome]] = {
    InstanceReceived: Fold._receive,  # noqa: SLF001 - the table belongs to the class
    ResourceDeletionRequested: Fold._request_deletion,  # noqa: SLF001
    ResourceStabilized: Fold._stabilize,  # noqa: SLF001
    ChangesCleared: Fold._clear_changes,  # noqa: SLF001
    TimePassed: Fold._pass_time,  # noqa: SLF001
    MetadataWriteRequested: Fold._write_metadata,  # noqa: SLF001
    MetadataDeletionRequested: Fold._delete_metadata,  # noqa: SLF001
    AttachmentWriteRequested: Fold._write_attachment,  # noqa: SLF001
    AttachmentDeletionRequested: Fold._delete_attachment,  # noqa: SLF001
    LabelChangeRequested: Fold._change_label,  # noqa: SLF001
    ProtectionChangeRequested: Fold._change_protection,  # noqa: SLF001
}


def _expired(recorded: Recorded, stored_at: datetime) -> bool:
    return recorded.ticks - from_datetime(stored_at) > _EXPIRES_SECONDS * TICKS_PER_SECOND


def _joined(joined: str, more: str) -> str:
    """Add values to some that are joined by backslashes; sorted, each once, and not without bound."""
    if not more or more == joined:
        return joined
    values = {v.replace("\0", "").strip()[:_LONGEST_VALUE] for v in f"{joined}\\{more}".split("\\")}
    values.discard("")
    return "\\".join(sorted(values)[:_MOST_VALUES])


def _tags(level: Level, tags: dict[str, str]) -> str:
    """Write the main DICOM tags of one level as JSON; a series keeps what tells its expected size too."""
    own = _own_tags(level, tags)
    if level is Level.SERIES:
        own |= {name: tags[name] for name in _SERIES_STATUS_KEYWORDS if name in tags}
    return _json(own)


def _findable_tags(level: Level, tags: dict[str, str]) -> str:
    """Write the main DICOM tags of one level as JSON, in the form in which they are compared."""
    own = _own_tags(level, tags)
    return _json({name: normalised(value) for name, value in own.items()})


def _own_tags(level: Level, tags: dict[str, str]) -> dict[str, str]:
    own = main_dicom_tags_of(level, tags)
    if level is Level.STUDY:
        # Orthanc shows with each study what its first instance said of the patient.
        own |= main_dicom_tags_of(Level.PATIENT, tags)
    return own


def _json(tags: dict[str, str]) -> str:
    # Postgres keeps no NUL in text or jsonb; DICOM has no use for one either (PS3.5, 6.1.3).
    return _write_json({name: value.replace("\0", "") for name, value in tags.items()})
