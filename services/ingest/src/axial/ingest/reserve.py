"""The room that is left on the engines' disks, so that what makes room again still works.

A deletion takes room before it gives any: an event in the log, rows, the WAL behind them. So uploads end first.
Commands end next, and before the last byte: an engine whose disk is full does not say so, but fails.
"""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from axial.common.blobs import BlobInfo, BlobPlace, BlobReader, BlobStore, Body
from axial.common.blobs.bodies import size_of
from axial.common.errors import StorageFull
from axial.common.event_log import EventLog
from axial.common.events import Envelope, Event
from axial.common.recorded import LogSequence

# Of the reserve, left by commands: of 256 MiB two of PostgreSQL's files of WAL, without which it cannot even start.
_PART_OF_ENGINES = 8


class Reserve:
    """So many bytes on the disk of each folder: for commands, but for a part that is the engines' own."""

    def __init__(self, folders: Sequence[Path], reserved_bytes: int) -> None:
        self._folders = folders
        self._reserved_bytes = reserved_bytes

    def check_upload(self, wanted_bytes: int) -> None:
        """Raise StorageFull if that much would not leave the reserve."""
        self._check(self._reserved_bytes + wanted_bytes)

    def check_command(self) -> None:
        """Raise StorageFull if the engines themselves are short of room."""
        self._check(self._reserved_bytes // _PART_OF_ENGINES)

    def _check(self, least_bytes: int) -> None:
        for folder in self._folders:
            try:
                disk = os.statvfs(folder)
            except OSError:
                continue  # whoever keeps its data there will tell
            if disk.f_bavail * disk.f_frsize < least_bytes:
                raise StorageFull


class ReservingLog:
    """A log that takes in nothing while the engines are short of room."""

    def __init__(self, log: EventLog, reserve: Reserve) -> None:
        self._log = log
        self._reserve = reserve

    async def append(self, event: Event, envelope: Envelope, reply_to: str = "") -> LogSequence:
        """Make the event durable."""
        self._reserve.check_command()
        return await self._log.append(event, envelope, reply_to)


class ReservingStore:
    """A `BlobStore` that takes nothing which would not leave the reserve."""

    def __init__(self, store: BlobStore, reserve: Reserve) -> None:
        self._store = store
        self._reserve = reserve

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        """Store the body, if there is room for it."""
        self._reserve.check_upload(await size_of(body))
        await self._store.put(key, body, md5=md5)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> BlobReader:
        """Open a range of a blob."""
        return await self._store.open(key, start, end)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return a range of a blob."""
        return await self._store.read(key, start, end)

    async def stat(self, key: str) -> BlobInfo:
        """Tell the size and the age of a blob."""
        return await self._store.stat(key)

    async def locate(self, key: str, size_bytes: int) -> BlobPlace:
        """Tell a proxy where a blob is."""
        return await self._store.locate(key, size_bytes)

    async def delete(self, key: str) -> None:
        """Remove a blob."""
        await self._store.delete(key)

    def list(self, prefix: str = "", *, after: str = "") -> AsyncIterator[BlobInfo]:
        """Walk the blobs in key order."""
        return self._store.list(prefix, after=after)

    async def check(self) -> None:
        """Prove that the store can be used."""
        await self._store.check()
