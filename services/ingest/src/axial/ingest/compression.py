"""A file is put in its other form: a blob, then an event, then an answer."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from axial.common.blobs import BlobMissing, BlobStore
from axial.common.errors import AxialError, Conflict, NotFound, StorageFull, Unavailable
from axial.common.event_log import new_envelope
from axial.common.events import AttachmentCompressionChangeRequested, Origin
from axial.common.identifiers import Level, ResourceId
from axial.common.outcomes import Outcome
from axial.ingest.annotations import key_of
from axial.ingest.commands import Accepted, Commands
from axial.ingest.lookup import FileLookup, FoundFile
from axial.ingest.receive import SOURCE
from axial.ingest.recoding import most_bytes, recode
from axial.ingest.spool import Spool, Spooled

# Who loses this often to others that change the same file does not get it in this request.
_ATTEMPTS = 5
# It is work for a processor: what is received meanwhile must not wait for it.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """Which file is wanted in which form, and by whom."""

    level: Level
    resource_id: ResourceId
    number: int
    is_compressed: bool
    origin: Origin


class Compression:
    """Compresses files, and uncompresses them; whether it was still the same file, the fold of the log says."""

    def __init__(
        self, commands: Commands, blobs: BlobStore, lookup: FileLookup, spool_dir: Path
    ) -> None:
        self._commands = commands
        self._blobs = blobs
        self._lookup = lookup
        self._spool_dir = spool_dir
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def change(self, wish: Wish, wait_seconds: float) -> Accepted | None:
        """Put a file in a form, unless it is; None once it is done.

        Raises NotFound, Corrupted, StorageFull or Unavailable; Conflict when others change it all the time.
        """
        for _ in range(_ATTEMPTS):
            found = await self._lookup.find(wish.level, wish.resource_id, wish.number)
            if found.is_compressed == wish.is_compressed:
                return None
            # A blob that is gone has been replaced since, or its resource deleted: the next look will tell.
            with suppress(BlobMissing):
                async with self._turns:
                    outcome = await self._recode(wish, found, wait_seconds)
                if isinstance(outcome, Accepted):
                    return outcome
                match outcome.decision:
                    case "written":
                        return None
                    case "not_found":
                        raise NotFound
                    case "expired":
                        raise Unavailable("The event log took too long.")
        raise Conflict

    async def _recode(
        self, wish: Wish, found: FoundFile, wait_seconds: float
    ) -> Outcome | Accepted:
        """Keep the other form and ask to put it in the place of the one that was found."""
        async with Spool(self._spool_dir, most_bytes(found)) as spool:
            return await self._ask(
                wish, found, await recode(self._blobs, found, spool), wait_seconds
            )

    async def _ask(
        self, wish: Wish, found: FoundFile, other: Spooled, wait_seconds: float
    ) -> Outcome | Accepted:
        # Blob first, event second, answer third, as with whatever comes in.
        envelope = new_envelope(SOURCE)
        blob_key = key_of(envelope)
        try:
            await self._blobs.put(blob_key, other.body, md5=other.md5)
        except StorageFull:
            with suppress(AxialError):
                await self._blobs.delete(blob_key)
            raise
        event = AttachmentCompressionChangeRequested(
            level=wish.level,
            resource_id=wish.resource_id,
            remote_ip=wish.origin.remote_ip,
            http_username=wish.origin.http_username,
            number=wish.number,
            from_blob_key=found.blob_key,
            blob_key=blob_key,
            is_compressed=wish.is_compressed,
            stored_size_bytes=other.size_bytes,
            stored_md5=other.md5,
            stored_at=datetime.now(UTC),
        )
        return await self._commands.ask(event, wait_seconds, envelope)
