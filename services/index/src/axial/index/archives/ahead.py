"""The files of an archive, read some way ahead of whoever packs them.

Small files are read whole, several at once: the way to the blob store is waited for once, and not once a file. A
large file is opened when its turn comes: of it that way is a small part, and however slow the client is, no
connection to the blob store is left unread behind the one that is being sent from.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace

from axial.common.blobs import (
    BlobDamaged,
    BlobMissing,
    BlobReader,
    BlobStore,
    open_stored,
    read_stored,
)
from axial.index.archives.reads import ArchiveReads, Member
from axial.index.archives.transcoding import Transcoding
from axial.index.archives.walk import Entry

# Deflating takes longer than finding what is larger than this.
_WHOLE_BYTES = 4 * 1024 * 1024
# Of each archive that is under way so much is held, and so many reads are in flight.
_AHEAD_BYTES = 16 * 1024 * 1024
_AHEAD_FILES = 16


@dataclass(frozen=True, slots=True)
class Taken:
    """An instance with its file: whole, or opened, and to be closed then."""

    entry: Entry
    file: bytes | BlobReader
    #: The file up to its pixel data, compressed with zstd; None when nobody wants it.
    header: bytes | None


class Ahead:
    """Reads the files of one archive."""

    def __init__(
        self,
        blobs: BlobStore,
        reads: ArchiveReads,
        *,
        with_headers: bool,
        transcoding: Transcoding | None = None,
    ) -> None:
        self._blobs = blobs
        self._reads = reads
        self._with_headers = with_headers
        self._transcoding = transcoding
        self._waiting: deque[tuple[Entry, asyncio.Task[Taken] | None]] = deque()
        self._held_bytes = 0

    async def files(self, entries: AsyncIterator[Entry]) -> AsyncGenerator[Taken, None]:
        """Walk the files of some instances; one that is deleted meanwhile is left out.

        An instance that is replaced meanwhile comes as it is then. Raises `BlobDamaged` when the bytes of one that is
        still there are not: an archive must not look complete without it.
        """
        try:
            while await self._fill(entries):
                entry, task = self._waiting.popleft()
                taken = await self._next(entry, task)
                if task is not None:
                    self._held_bytes -= entry.member.blob.size_bytes
                if taken is not None:
                    yield taken
        finally:
            for _, task in self._waiting:
                if task is not None and not task.cancel():
                    await _forget(task)

    async def _fill(self, entries: AsyncIterator[Entry]) -> bool:
        """Begin to read more, as far as may be held; tell whether anything is waiting."""
        while len(self._waiting) < _AHEAD_FILES and self._held_bytes < _AHEAD_BYTES:
            entry = await anext(entries, None)
            if entry is None:
                break
            task = None
            if _is_small(entry.member):
                self._held_bytes += entry.member.blob.size_bytes
                task = asyncio.create_task(self._take(entry))
                task.add_done_callback(_look_at)
            self._waiting.append((entry, task))
        return bool(self._waiting)

    async def _next(self, entry: Entry, task: asyncio.Task[Taken] | None) -> Taken | None:
        """Give the file of an instance; None when that has been deleted since it was looked up."""
        current: Entry | None = entry
        while current is not None:
            try:
                return await (task or self._take(current))
            except BlobMissing:
                current, task = await self._again(current), None
        return None

    async def _take(self, entry: Entry) -> Taken:
        """Read the file of an instance, or open it."""
        member = entry.member
        header = member.header
        if header is None and member.header_blob_key is not None:
            header = await self._blobs.read(member.header_blob_key)
        if self._transcoding is not None and self._transcoding.wants(member):
            written = await self._transcoding.write(self._blobs, member)
            if written is not None:
                member, other_file = written
                return Taken(replace(entry, member=member), other_file, header)
        if not _is_small(member):
            return Taken(entry, await open_stored(self._blobs, member.blob), header)
        file = await read_stored(self._blobs, member.blob)
        if len(file) != member.blob.size_bytes:
            raise BlobDamaged
        return Taken(entry, file, header)

    async def _again(self, entry: Entry) -> Entry | None:
        """Look up an instance whose bytes are gone: it is gone, too, or has others now."""
        ids = [entry.member.id]
        async for member in self._reads.members(ids, with_headers=self._with_headers):
            if member == entry.member:
                raise BlobDamaged
            return replace(entry, member=member)
        return None


def _is_small(member: Member) -> bool:
    return member.blob.size_bytes <= _WHOLE_BYTES


async def _forget(task: asyncio.Task[Taken]) -> None:
    """Let go of a file that was taken, and is not sent any more."""
    if not task.cancelled() and task.exception() is None:
        file = task.result().file
        if not isinstance(file, bytes):
            await file.aclose()


def _look_at(task: asyncio.Task[Taken]) -> None:
    """Take note of how a reading ended: nobody waits for those of an archive that is not sent any more."""
    if not task.cancelled():
        task.exception()
