"""Decide in which form files are kept, as they are or compressed. Pure, as the fold that asks.

The content never changes; of several who change the form at once, or overwrite what is in it, the first one wins.
"""

import dataclasses
from typing import Any

from axial.common.annotation_names import CoreContent
from axial.common.events import AttachmentCompressionChangeRequested
from axial.common.identifiers import Level
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.index.state import Attachment, ChangeType, Effects, Instance, State
from axial.index.telling import Telling, is_expired


class Forms:
    """The files of one batch that get another blob."""

    def __init__(self, state: State, effects: Effects, telling: Telling) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling

    def change(self, recorded: Recorded, event: AttachmentCompressionChangeRequested) -> Outcome:
        """Put the new blob in the place of the one it was made of; leave the other one to the collector."""
        if event.number == CoreContent.DICOM:
            return self._change_file(recorded, event)
        return self._change_attachment(recorded, event)

    def _change_file(
        self, recorded: Recorded, event: AttachmentCompressionChangeRequested
    ) -> Outcome:
        """Do it with an instance's own file; Orthanc tells nobody."""
        present = (
            self._state.instances.get(event.resource_id) if event.level is Level.INSTANCE else None
        )
        if present is not None and present.blob_key == event.blob_key:
            # The same event again, appended twice around an outage: it has been decided.
            return Outcome(decision="written", revision=present.file_revision)
        if refusal := self._refusal(recorded, event, present):
            return refusal
        assert present is not None, "what is not there is refused"
        self._telling.discard(recorded, present.blob_key)
        changed = dataclasses.replace(
            present, file_revision=present.file_revision + 1, **_form_of(recorded, event)
        )
        totals = self._effects.totals
        totals.disk_size_bytes += changed.disk_size_bytes - present.disk_size_bytes
        self._state.instances[changed.id] = self._effects.instances[changed.id] = changed
        return Outcome(decision="written", revision=changed.file_revision)

    def _change_attachment(
        self, recorded: Recorded, event: AttachmentCompressionChangeRequested
    ) -> Outcome:
        """Do it with what a user attached; Orthanc tells of it as of any other writing."""
        key = (event.resource_id, event.number)
        resource = self._state.resources.get(event.resource_id)
        is_there = resource is not None and resource.level == event.level
        present = self._state.attachments.get(key) if is_there else None
        if present is not None and present.blob_key == event.blob_key:
            return Outcome(decision="written", revision=present.revision)
        if refusal := self._refusal(recorded, event, present):
            return refusal
        assert present is not None, "what is not there is refused"
        assert resource is not None, "nothing is attached to what is not there"
        self._telling.discard(recorded, present.blob_key)
        changed = dataclasses.replace(
            present, revision=present.revision + 1, **_form_of(recorded, event)
        )
        self._effects.attached_disk_bytes += changed.disk_size_bytes - present.disk_size_bytes
        self._state.attachments[key] = self._effects.attachments[key] = changed
        moment = self._telling.next_moment(recorded)
        self._telling.change(recorded, ChangeType.UPDATED_ATTACHMENT, resource, moment)
        self._effects.touched[resource.id] = None
        return Outcome(decision="written", revision=changed.revision)

    def _refusal(
        self,
        recorded: Recorded,
        event: AttachmentCompressionChangeRequested,
        present: Instance | Attachment | None,
    ) -> Outcome | None:
        """Tell why the new blob is of no use, if so, and leave it to the collector."""
        if is_expired(recorded, event.stored_at):
            refusal = Outcome(decision="expired")
        elif present is None:
            refusal = Outcome(decision="not_found")
        elif present.blob_key != event.from_blob_key:
            refusal = Outcome(decision="conflict")
        else:
            return None
        self._telling.discard(recorded, event.blob_key)
        return refusal


def _form_of(recorded: Recorded, event: AttachmentCompressionChangeRequested) -> dict[str, Any]:
    """Tell how the file is kept from now on."""
    return {
        "blob_key": event.blob_key,
        "file_event_id": recorded.envelope.id,
        "compressed_size_bytes": event.stored_size_bytes if event.is_compressed else None,
        "compressed_md5": event.stored_md5 if event.is_compressed else None,
    }
