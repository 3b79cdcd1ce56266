"""Decide about what users attach to resources: metadata, attachments, labels, protection. Pure, as the fold that asks.

Revisions are Orthanc's (orthanc-rest.md, C.7): they count from 0, and a sender who names another than there is
loses, so that of several concurrent writers exactly one wins.
"""

import hashlib

from axial.common.events import (
    AnnotationRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    RevisionedRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.index.state import Attachment, ChangeType, Effects, Metadatum, Resource, State
from axial.index.telling import Telling, is_expired

_CONFLICT = Outcome(decision="conflict")
_NOT_FOUND = Outcome(decision="not_found")
_REMOVED = Outcome(decision="removed")


class Annotations:
    """What is attached to the resources of one batch."""

    def __init__(self, state: State, effects: Effects, telling: Telling) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling

    def write_metadata(self, recorded: Recorded, event: MetadataWriteRequested) -> Outcome:
        """Write a metadata: a new one at revision 0, another value at the next."""
        resource = self._resource(event)
        if resource is None:
            return _NOT_FOUND
        key = (event.resource_id, event.number)
        present = self._state.metadata.get(key)
        if present and _disagrees(event, present.revision, md5_of(present.value)):
            return _CONFLICT
        written = Metadatum(event.value, present.revision + 1 if present else 0)
        self._state.metadata[key] = self._effects.metadata[key] = written
        self._tell(recorded, ChangeType.UPDATED_METADATA, resource)
        return Outcome(decision="written", revision=written.revision)

    def delete_metadata(self, recorded: Recorded, event: MetadataDeletionRequested) -> Outcome:
        """Remove a metadata; written again, it starts at revision 0."""
        resource = self._resource(event)
        key = (event.resource_id, event.number)
        present = self._state.metadata.get(key)
        if resource is None or present is None:
            return _NOT_FOUND
        if _disagrees(event, present.revision, md5_of(present.value)):
            return _CONFLICT
        del self._state.metadata[key]
        self._effects.metadata[key] = None
        self._tell(recorded, ChangeType.UPDATED_METADATA, resource)
        return _REMOVED

    def write_attachment(self, recorded: Recorded, event: AttachmentWriteRequested) -> Outcome:
        """Attach bytes: new ones at revision 0, others at the next; the old blob is left to the collector."""
        key = (event.resource_id, event.number)
        present = self._state.attachments.get(key)
        if present and present.event_id == recorded.envelope.id:
            # The same event again, appended twice around an outage: it has been decided.
            return Outcome(decision="written", revision=present.revision)
        resource = self._resource(event)
        refusal = self._refusal(recorded, event, resource, present)
        if refusal or resource is None:
            self._telling.discard(recorded, event.blob_key)
            return refusal or _NOT_FOUND
        if present:
            self._telling.discard(recorded, present.blob_key)
            self._effects.attached_disk_bytes -= present.disk_size_bytes
        written = Attachment(
            revision=present.revision + 1 if present else 0,
            event_id=recorded.envelope.id,
            blob_key=event.blob_key,
            size_bytes=event.size_bytes,
            md5=event.md5,
            compressed_size_bytes=event.compressed.size_bytes if event.compressed else None,
            compressed_md5=event.compressed.md5 if event.compressed else None,
        )
        self._effects.attached_disk_bytes += written.disk_size_bytes
        self._state.attachments[key] = self._effects.attachments[key] = written
        self._tell(recorded, ChangeType.UPDATED_ATTACHMENT, resource)
        return Outcome(decision="written", revision=written.revision)

    def delete_attachment(self, recorded: Recorded, event: AttachmentDeletionRequested) -> Outcome:
        """Remove an attachment, and leave its blob to the collector."""
        resource = self._resource(event)
        key = (event.resource_id, event.number)
        present = self._state.attachments.get(key)
        if resource is None or present is None:
            return _NOT_FOUND
        if _disagrees(event, present.revision, present.md5):
            return _CONFLICT
        self._telling.discard(recorded, present.blob_key)
        self._effects.attached_disk_bytes -= present.disk_size_bytes
        del self._state.attachments[key]
        self._effects.attachments[key] = None
        self._tell(recorded, ChangeType.UPDATED_ATTACHMENT, resource)
        return _REMOVED

    def change_label(self, _recorded: Recorded, event: LabelChangeRequested) -> Outcome:
        """Put a label on, or take it off; twice is once. Orthanc tells nobody."""
        if self._resource(event) is None:
            return _NOT_FOUND
        self._effects.labels[event.resource_id, event.label] = event.present
        return Outcome(decision="written" if event.present else "removed")

    def change_protection(self, recorded: Recorded, event: ProtectionChangeRequested) -> Outcome:
        """Protect a patient, or no longer: then it is the newest. Below the patient there is nothing to protect."""
        resource = self._resource(event)
        if resource is None or resource.level is not Level.PATIENT:
            return _NOT_FOUND
        if resource.is_protected and not event.is_protected:
            resource.recycling_sequence = recorded.sequence
        resource.is_protected = event.is_protected
        self._effects.touched[resource.id] = None
        return Outcome(decision="written")

    def strip(self, recorded: Recorded, resource_id: ResourceId) -> None:
        """Take everything off a resource that goes."""
        self._effects.stripped[resource_id] = recorded.sequence
        for key in [key for key in self._state.metadata if key[0] == resource_id]:
            del self._state.metadata[key]
            self._effects.metadata[key] = None
        for key in [key for key in self._state.attachments if key[0] == resource_id]:
            attachment = self._state.attachments.pop(key)
            self._telling.discard(recorded, attachment.blob_key)
            self._effects.attached_disk_bytes -= attachment.disk_size_bytes
            self._effects.attachments[key] = None
        for label in [label for label in self._effects.labels if label[0] == resource_id]:
            self._effects.labels[label] = False

    def _resource(self, event: AnnotationRequested) -> Resource | None:
        """Find what the event is about; nothing can be attached to what is not there."""
        resource = self._state.resources.get(event.resource_id)
        return resource if resource is not None and resource.level == event.level else None

    def _refusal(
        self,
        recorded: Recorded,
        event: AttachmentWriteRequested,
        resource: Resource | None,
        present: Attachment | None,
    ) -> Outcome | None:
        """Tell why bytes are not attached, if so."""
        if is_expired(recorded, event.stored_at):
            return Outcome(decision="expired")
        if resource is None:
            return _NOT_FOUND
        if present and _disagrees(event, present.revision, present.md5):
            return _CONFLICT
        return None

    def _tell(self, recorded: Recorded, change_type: ChangeType, resource: Resource) -> None:
        """Tell of what was written or removed (Orthanc logs every such change)."""
        moment = self._telling.next_moment(recorded)
        self._telling.change(recorded, change_type, resource, moment)
        self._effects.touched[resource.id] = None


def md5_of(value: bytes) -> str:
    """Digest a metadata as Orthanc does for its ETag."""
    return hashlib.md5(value, usedforsecurity=False).hexdigest()


def _disagrees(event: RevisionedRequested, revision: int, md5: str) -> bool:
    """Tell whether the sender believes in another revision than there is, or should have named one."""
    if event.if_revision is None:
        return event.check_revisions
    return event.if_revision != revision or event.if_md5 not in (None, md5)
