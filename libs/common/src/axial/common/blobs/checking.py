"""Reading a stored file to find out whether it is still what was stored."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from axial.common.blobs.port import BlobStore
from axial.common.blobs.stored import StoredBlob
from axial.common.blobs.zlib_form import Inflater
from axial.common.errors import Corrupted

#: Called behind each piece that was read, with its size: whoever reads much may wait there.
Pace: TypeAlias = Callable[[int], Awaitable[None]]


class Difference(StrEnum):
    """In what a stored file differs from what is known of it."""

    SIZE = "size"
    MD5 = "md5"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a stored file: of its content, and of the blob, which has another size when compressed."""

    blob: StoredBlob
    md5: str
    disk_size_bytes: int
    disk_md5: str


async def find_difference(
    blobs: BlobStore, known: Known, pace: Pace | None = None
) -> Difference | None:
    """Read the blob, and the file in it when it is compressed; raises `BlobMissing`."""
    reading = _Reading(known)
    async with await blobs.open(known.blob.key) as reader:
        async for chunk in reader:
            await asyncio.to_thread(reading.add, chunk)
            if pace is not None:
                await pace(len(chunk))
    return await asyncio.to_thread(reading.difference)


class _Reading:
    """The sums over the blob as it is read."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._size_bytes = 0
        self._disk = hashlib.md5(usedforsecurity=False)
        self._content = hashlib.md5(usedforsecurity=False)
        self._inflater = Inflater(known.blob.size_bytes) if known.blob.is_compressed else None
        self._is_broken = False

    def add(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        self._disk.update(chunk)
        if self._inflater is None or self._is_broken:
            return
        try:
            self._inflater.add(chunk)
            while piece := self._inflater.step():
                self._content.update(piece)
        except Corrupted:
            self._is_broken = True

    def difference(self) -> Difference | None:
        known = self._known
        if self._size_bytes != known.disk_size_bytes:
            return Difference.SIZE
        if self._disk.hexdigest() != known.disk_md5:
            return Difference.MD5
        if self._inflater is None:
            return None if known.disk_md5 == known.md5 else Difference.MD5
        try:
            self._inflater.finish()
        except Corrupted:
            self._is_broken = True
        if self._is_broken or self._content.hexdigest() != known.md5:
            return Difference.MD5
        return None
