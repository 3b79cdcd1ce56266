"""Decide about what users attach to resources: metadata, attachments, labels. Pure, as the fold that asks.

Revisions are Orthanc's (orthanc-rest.md, C.7): they count from 0, and a sender who names another than there is
loses, so that of several concurrent writers exactly one wins.
"""

import hashlib

from axial.common.events import (
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    LabelChangeRequested,
    MetadataDeletionRequested,
    MetadataWriteRequested,
    RevisionedRequested,
)
from axial.common.identifiers import ResourceId
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.index.state import Attachment, Effects, Metadatum, State

_CONFLICT = Outcome(decision="conflict")
_NOT_FOUND = Outcome(decision="not_found")
_REMOVED = Outcome(decision="removed")


class Annotations:
    """What is attached to the resources of one batch. The resource asked about must exist."""

    def __init__(self, state: State, effects: Effects) -> None:
        self._state = state
        self._effects = effects

    def write_metadata(self, event: MetadataWriteRequested) -> Outcome:
        """Write a metadata: a new one at revision 0, another value at the next."""
        key = (event.resource_id, event.number)
        present = self._state.metadata.get(key)
        if present and _disagrees(event, present.revision, md5_of(present.value)):
            return _CONFLICT
        # Postgres keeps no NUL in text, and no client could show one.
        value = event.value.replace("\0", "")
        written = Metadatum(value, present.revision + 1 if present else 0)
        self._state.metadata[key] = self._effects.metadata[key] = written
        return Outcome(decision="written", revision=written.revision)

    def delete_metadata(self, event: MetadataDeletionRequested) -> Outcome:
        """Remove a metadata; written again, it starts at revision 0."""
        key = (event.resource_id, event.number)
        present = self._state.metadata.get(key)
        if present is None:
            return _NOT_FOUND
        if _disagrees(event, present.revision, md5_of(present.value)):
            return _CONFLICT
        del self._state.metadata[key]
        self._effects.metadata[key] = None
        return _REMOVED

    def write_attachment(self, recorded: Recorded, event: AttachmentWriteRequested) -> Outcome:
        """Attach bytes: new ones at revision 0, others at the next; the old blob is left to the collector."""
        key = (event.resource_id, event.number)
        present = self._state.attachments.get(key)
        if present and present.event_id == recorded.envelope.id:
            # The same event again, appended twice around an outage: it has been decided.
            return Outcome(decision="written", revision=present.revision)
        if present and _disagrees(event, present.revision, present.md5):
            self._discard(recorded, event.blob_key)
            return _CONFLICT
        if present:
            self._discard(recorded, present.blob_key)
        written = Attachment(
            revision=present.revision + 1 if present else 0,
            event_id=recorded.envelope.id,
            blob_key=event.blob_key,
            size_bytes=event.size_bytes,
            md5=event.md5,
        )
        self._state.attachments[key] = self._effects.attachments[key] = written
        return Outcome(decision="written", revision=written.revision)

    def delete_attachment(self, recorded: Recorded, event: AttachmentDeletionRequested) -> Outcome:
        """Remove an attachment, and leave its blob to the collector."""
        key = (event.resource_id, event.number)
        present = self._state.attachments.get(key)
        if present is None:
            return _NOT_FOUND
        if _disagrees(event, present.revision, present.md5):
            return _CONFLICT
        self._discard(recorded, present.blob_key)
        del self._state.attachments[key]
        self._effects.attachments[key] = None
        return _REMOVED

    def change_label(self, event: LabelChangeRequested) -> Outcome:
        """Put a label on, or take it off; twice is once."""
        self._effects.labels[event.resource_id, event.label] = event.present
        return Outcome(decision="written" if event.present else "removed")

    def strip(self, recorded: Recorded, resource_id: ResourceId) -> None:
        """Take everything off a resource that goes."""
        self._effects.stripped[resource_id] = recorded.sequence
        for key in [key for key in self._state.metadata if key[0] == resource_id]:
            del self._state.metadata[key]
            self._effects.metadata[key] = None
        for key in [key for key in self._state.attachments if key[0] == resource_id]:
            self._discard(recorded, self._state.attachments.pop(key).blob_key)
            self._effects.attachments[key] = None
        for label in [label for label in self._effects.labels if label[0] == resource_id]:
            self._effects.labels[label] = False

    def _discard(self, recorded: Recorded, blob_key: str) -> None:
        self._effects.garbage.append((blob_key, recorded.sequence))


def md5_of(value: str) -> str:
    """Digest a metadata as Orthanc does for its ETag."""
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def _disagrees(event: RevisionedRequested, revision: int, md5: str) -> bool:
    """Tell whether the sender believes in another revision than there is, or should have named one."""
    if event.if_revision is None:
        return event.check_revisions
    return event.if_revision != revision or event.if_md5 not in (None, md5)
