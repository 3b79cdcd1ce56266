"""The bytes of a data set: those before the pixel data at hand, the others in the blob store."""

import asyncio
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeVar

from axial.common.blobs import BlobStore, StoredBlob, StoredRanges, open_stored
from axial.common.deflate import inflate
from axial.common.elements import sniff
from axial.common.errors import Corrupted
from axial.common.file_meta import read_file_meta
from axial.common.refusals import refusal
from axial.common.scan import MAX_KEPT_BYTES
from axial.common.skipper import MAX_ELEMENTS
from axial.index.content.ahead import Ahead
from axial.index.content.stepping import Level, Walk

_Found = TypeVar("_Found")

# How long a deflated data set is, only inflating it tells.
_NO_END = 2**62
# A walk that finds all it asks for at hand lets others have their turn after some milliseconds.
_STEPS_A_TURN = 500
# Inflated at once.
_STEP_BYTES = 256 * 1024


class Contents(Protocol):
    """Whatever has the bytes of a data set."""

    async def read(self, start: int, stop: int) -> bytes:
        """Return the bytes `[start, stop)`, fewer when there are no more."""
        ...

    def stream(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        """Give the same bytes piece by piece."""
        ...

    async def aclose(self) -> None:
        """Let go of the blob; what is streamed is not touched."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A data set to walk through."""

    root: Level
    contents: Contents


def open_contents(blobs: BlobStore, stored: StoredBlob, raw: bytes) -> Opened:
    """Open the data set of a file that begins with `raw`, which `read_header` kept."""
    meta = read_file_meta(raw)
    if not meta.is_deflated:
        root = Level(meta.dataset_offset, stored.size_bytes, meta.layout)
        return Opened(root, _FileContents(blobs, stored, raw))
    head, _ = inflate(raw, meta.dataset_offset, MAX_KEPT_BYTES)
    root = Level(0, _NO_END, sniff(head, 0, meta.layout))
    return Opened(root, _DeflatedContents(blobs, stored, meta.dataset_offset, head))


async def walk_through(contents: Contents, walk: Walk[_Found]) -> _Found:
    """Take a walk, giving it the bytes it asks for; NotDicom when it has no end."""
    steps = 0
    try:
        wanted = next(walk)
        while True:
            steps += 1
            if steps > MAX_ELEMENTS:
                # As many as a header may have; behind the pixel data nobody has counted.
                raise refusal("too_many_elements")
            if steps % _STEPS_A_TURN == 0:
                await asyncio.sleep(0)
            wanted = walk.send(await contents.read(*wanted))
    except StopIteration as end:
        found: _Found = end.value
        return found


class _FileContents:
    """A file that is read by ranges."""

    def __init__(self, blobs: BlobStore, stored: StoredBlob, head: bytes) -> None:
        self._blobs = blobs
        self._stored = stored
        self._head = head
        self._behind = Ahead(StoredRanges(blobs, stored))

    async def read(self, start: int, stop: int) -> bytes:
        if stop <= len(self._head):
            return self._head[start:stop]
        return await self._behind.read(start, stop)

    async def stream(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        if stop <= len(self._head):
            yield self._head[start:stop]
            return
        async with await open_stored(self._blobs, self._stored, start, stop) as reader:
            async for chunk in reader:
                yield chunk

    async def aclose(self) -> None:
        """Nothing is held between reads."""


class _DeflatedContents:
    """A data set that is inflated from its beginning, and read forwards; whoever goes back begins again."""

    def __init__(self, blobs: BlobStore, stored: StoredBlob, offset: int, head: bytes) -> None:
        self._blobs = blobs
        self._stored = stored
        self._offset = offset
        self._head = head
        self._pieces: AsyncGenerator[bytes] | None = None
        self._start = 0
        self._buffer = b""

    async def read(self, start: int, stop: int) -> bytes:
        if stop <= len(self._head):
            return self._head[start:stop]
        if self._pieces is None or start < self._start:
            await self.aclose()
            self._pieces, self._start, self._buffer = self._inflated(), 0, b""
        while self._start + len(self._buffer) < stop:
            if start > self._start:
                dropped = min(start - self._start, len(self._buffer))
                self._start, self._buffer = self._start + dropped, self._buffer[dropped:]
            piece = await anext(self._pieces, b"")
            if not piece:
                break
            self._buffer += piece
        return self._buffer[max(start - self._start, 0) : max(stop - self._start, 0)]

    async def stream(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        position = 0
        async with aclosing(self._inflated()) as pieces:
            async for piece in pieces:
                wanted = piece[max(start - position, 0) : max(stop - position, 0)]
                position += len(piece)
                if wanted:
                    yield wanted
                if position >= stop:
                    return

    async def aclose(self) -> None:
        if self._pieces is not None:
            await self._pieces.aclose()

    async def _inflated(self) -> AsyncGenerator[bytes]:
        """Inflate all of it, in steps of bounded size."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        async with await open_stored(self._blobs, self._stored, self._offset) as reader:
            async for chunk in reader:
                waiting = chunk
                while waiting and not inflater.eof:
                    try:
                        piece = await asyncio.to_thread(inflater.decompress, waiting, _STEP_BYTES)
                    except zlib.error:
                        raise Corrupted from None
                    waiting = inflater.unconsumed_tail
                    if piece:
                        yield piece
        if rest := inflater.flush():
            yield rest
