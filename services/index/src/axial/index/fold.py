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
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import ResourceIds
from axial.common.outcomes import Outcome, RemainingAncestor
from axial.common.recorded import Recorded
from axial.common.ticks import Ticks
from axial.index.annotations import Annotations
from axial.index.creation import Creation
from axial.index.damage import Damages
from axial.index.exports import Exports
from axial.index.forms import Forms
from axial.index.received import Received
from axial.index.recycling import Recycling
from axial.index.removal import Removal
from axial.index.restoring import Restoring
from axial.index.state import STABLE_RESOURCE, Action, Dataset, Effects, Resource, State
from axial.index.telling import Telling, is_expired
from axial.index.trash import Trash


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
        self._creation = Creation(state, self.effects, self._telling)
        self._recycling = Recycling(state, self.effects, self._removal)
        self.trash = Trash(state, self.effects, self._telling, self._removal)
        self.restoring = Restoring(
            state, self.effects, self._telling, self._recycling, self._creation
        )

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
        growth_bytes = event.kept_bytes - present.disk_size_bytes
        recycled = self._recycling.make_room(recorded, event.limits, ids.patient, growth_bytes)
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
        recycled = self._recycling.make_room(recorded, event.limits, ids.patient, event.kept_bytes)
        if recycled is None:
            self._telling.discard(recorded, event.blob_key, event.header_blob_key)
            return Outcome(decision="full")
        self._create(recorded, event, ids, Action.CREATE)
        return Outcome(decision="stored", recycled_patients=recycled)

    def _create(
        self, recorded: Recorded, event: InstanceReceived, ids: ResourceIds, action: Action
    ) -> None:
        received = Received(event, recorded.envelope.id, ids)
        instance, _ = self._creation.create(recorded, received, action)
        self.effects.datasets[ids.instance] = Dataset(
            ids.instance, instance.version, event.header, event.header_blob_key
        )

    def _request_deletion(self, recorded: Recorded, event: ResourceDeletionRequested) -> Outcome:
        """Delete a resource with all below it, and every ancestor it leaves without children."""
        resource = self.state.resources.get(event.resource_id)
        if resource is None or event.level not in (None, resource.level):
            return Outcome(decision="not_found")
        if not self._may_go(resource, event):
            return Outcome(decision="conflict")
        if event.grace_seconds:
            remaining = self.trash.take(recorded, resource, event.grace_seconds)
        else:
            remaining = self._removal.delete(recorded, resource, tell_azure=True)
        return Outcome(
            decision="deleted",
            remaining_ancestor=RemainingAncestor(level=remaining.level, id=remaining.id)
            if remaining
            else None,
        )

    def _may_go(self, resource: Resource, event: ResourceDeletionRequested) -> bool:
        """Tell whether a resource is what whoever wants it deleted has seen, and not protected from him."""
        if event.if_md5 is not None:
            instance = self.state.instances.get(resource.id)
            if instance is None or instance.md5 != event.if_md5:
                return False
        while event.spares_protected and resource.parent_id is not None:
            resource = self.state.resources[resource.parent_id]
        return not (event.spares_protected and resource.is_protected)

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
    TrashRestoreRequested: lambda fold, *event: fold.restoring.restore(*event),
    TrashEmptied: lambda fold, *event: fold.trash.empty(*event),
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
