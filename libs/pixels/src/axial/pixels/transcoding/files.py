"""A file that is being written, or is complete: the little in memory, the much in a temporary file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from struct import Struct
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

from axial.common.elements import ITEM
from axial.pixels.refusals import Undecodable

# A slice of a tomography; what is larger goes to the disk.
_IN_MEMORY_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
# Four times the largest native image: no honest file becomes that long.
_MOST_BYTES = 16 * 1024**3
_ITEM = Struct("<HHI")
_OFFSETS_END = 2**32
_NO_OFFSETS = _ITEM.pack(ITEM >> 16, ITEM & 0xFFFF, 0)


class Spool:
    """Bytes that are written first, and then read."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - held until `close`
        self.size_bytes = 0

    async def write(self, data: bytes) -> None:
        """Add bytes; raises `Undecodable` when they are too many."""
        self.size_bytes += len(data)
        if self.size_bytes > _MOST_BYTES:
            raise Undecodable("The image is too large to be written otherwise")
        if self.size_bytes <= _IN_MEMORY_BYTES:
            self._file.write(data)
        else:
            await asyncio.to_thread(self._file.write, data)

    async def replace(self, position: int, data: bytes) -> None:
        """Write over what is there."""
        await asyncio.to_thread(self._replace, position, data)

    def _replace(self, position: int, data: bytes) -> None:
        end = self._file.tell()
        self._file.seek(position)
        self._file.write(data)
        self._file.seek(end)

    async def read(self, start: int, stop: int) -> bytes:
        """Return the bytes `[start, stop)`, fewer when there are no more."""
        if self.size_bytes <= _IN_MEMORY_BYTES:
            return self._read(start, stop)
        return await asyncio.to_thread(self._read, start, stop)

    def _read(self, start: int, stop: int) -> bytes:
        self._file.seek(start)
        return self._file.read(stop - start)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read it all."""
        self._file.seek(0)
        is_small = self.size_bytes <= _IN_MEMORY_BYTES
        while True:
            if is_small:
                chunk = self._file.read(_CHUNK_BYTES)
            else:
                chunk = await asyncio.to_thread(self._file.read, _CHUNK_BYTES)
            if not chunk:
                return
            yield chunk

    def close(self) -> None:
        """Forget it."""
        self._file.close()


class Fragments:
    """Writes encoded frames, a fragment each, as the value of the pixel data (PS3.5 section A.4)."""

    def __init__(self, spool: Spool, frames: int, native_bytes: int) -> None:
        self._spool = spool
        # A table is of no use for one frame, and cannot hold large numbers. No encoded frame is twice as long.
        self._has_table = frames > 1 and 2 * native_bytes < _OFFSETS_END
        self._frames = frames
        self._offsets: list[int] = []
        self._next = 0

    async def begin(self) -> None:
        """Write the table of offsets, or make room for it."""
        if self._has_table:
            size = 4 * self._frames
            head = _ITEM.pack(ITEM >> 16, ITEM & 0xFFFF, size)
            await self._spool.write(head + bytes(size))
        else:
            await self._spool.write(_NO_OFFSETS)

    async def add(self, encoded: bytes) -> None:
        """Write a frame."""
        padded = encoded + bytes(len(encoded) % 2)
        self._offsets.append(self._next)
        self._next += _ITEM.size + len(padded)
        await self._spool.write(_ITEM.pack(ITEM >> 16, ITEM & 0xFFFF, len(padded)) + padded)

    async def end(self) -> None:
        """Write what is known only now; raises `Undecodable` when frames became longer than ever."""
        if self._has_table:
            if self._next >= _OFFSETS_END:
                raise Undecodable("The image is too large to be written otherwise")
            table = Struct(f"<{len(self._offsets)}I").pack(*self._offsets)
            await self._spool.replace(_ITEM.size, table)


class Transcoded:
    """A complete file in another transfer syntax: iterate over its chunks once, then close it."""

    def __init__(
        self,
        sop_instance_uid: str,
        transfer_syntax_uid: str,
        parts: Sequence[bytes | Spool],
    ) -> None:
        #: Another one than before when values have changed; empty when the file tells none.
        self.sop_instance_uid = sop_instance_uid
        self.transfer_syntax_uid = transfer_syntax_uid
        self._parts = parts

    @property
    def size_bytes(self) -> int:
        """The size of the file."""
        return sum(
            part.size_bytes if isinstance(part, Spool) else len(part) for part in self._parts
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Walk the file."""
        for part in self._parts:
            if isinstance(part, Spool):
                async for chunk in part.chunks():
                    yield chunk
            elif part:
                yield part

    async def aclose(self) -> None:
        """Forget the file."""
        for part in self._parts:
            if isinstance(part, Spool):
                part.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()
