"""What users attach to resources becomes an event, and what was decided about it an answer."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from axial.common.blobs import BlobStore
from axial.common.errors import AxialError, Conflict, NotFound, StorageFull, Unavailable
from axial.common.event_log import new_envelope
from axial.common.events import AnnotationRequested, AttachmentWriteRequested, Envelope
from axial.common.identifiers import Level, ResourceId
from axial.common.outcomes import Outcome
from axial.common.revisions import Revision
from axial.ingest.commands import Accepted, Commands
from axial.ingest.receive import SOURCE
from axial.ingest.spool import Spooled
from axial.ingest.storage_form import StorageForm


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about, and what its sender believes to be there."""

    level: Level
    resource_id: ResourceId
    number: int
    #: None when the sender does not say.
    expected: Revision | None
    #: Orthanc's `CheckRevisions`.
    check_revisions: bool
    remote_ip: str
    http_username: str

    def fields(self) -> dict[str, object]:
        """Give the fields that every event about it has."""
        return {
            "level": self.level,
            "resource_id": self.resource_id,
            "number": self.number,
            "if_revision": self.expected and self.expected.number,
            "if_md5": self.expected and self.expected.md5,
            "check_revisions": self.check_revisions,
            "remote_ip": self.remote_ip,
            "http_username": self.http_username,
        }


class Annotations:
    """Asks the log for changes of what is attached; whether they happen, its fold says."""

    def __init__(self, commands: Commands, blobs: BlobStore, form: StorageForm) -> None:
        self._commands = commands
        self._blobs = blobs
        self._form = form

    async def ask(self, event: AnnotationRequested, wait_seconds: float) -> int | Accepted | None:
        """Ask for a change; return the revision that was written, if any.

        Raises NotFound, Conflict or Unavailable.
        """
        return _revision_of(await self._commands.ask(event, wait_seconds))

    async def attach(
        self, target: Target, file: Spooled, wait_seconds: float
    ) -> int | Accepted | None:
        """Keep bytes and ask to attach them: blob first, event second, answer third."""
        envelope = new_envelope(SOURCE)
        blob_key = key_of(envelope)
        try:
            async with self._form.of(file) as kept:
                await self._blobs.put(blob_key, kept.body, md5=kept.md5)
        except StorageFull:
            with suppress(AxialError):
                await self._blobs.delete(blob_key)
            raise
        event = AttachmentWriteRequested.model_validate(
            target.fields()
            | {
                "blob_key": blob_key,
                "size_bytes": file.size_bytes,
                "md5": file.md5,
                "stored_at": datetime.now(UTC),
                "compressed": kept.form,
            }
        )
        return _revision_of(await self._commands.ask(event, wait_seconds, envelope))


def key_of(envelope: Envelope) -> str:
    """Name a blob as `receive` does, so that the sweeper finds out whose it is."""
    return f"{envelope.time:%Y/%m/%d/%H%M}/{envelope.id}.attachment"


def _revision_of(outcome: Outcome | Accepted) -> int | Accepted | None:
    if isinstance(outcome, Accepted):
        return outcome
    match outcome.decision:
        case "not_found":
            raise NotFound
        case "conflict":
            raise Conflict
        case "expired":
            raise Unavailable("The event log took too long.")
    return outcome.revision
