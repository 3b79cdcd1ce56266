"""Reading a blob that is kept compressed, as the file it stands for."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Self

from axial.common.blobs.port import BlobReader
from axial.common.blobs.zlib_form import Inflater

# A file of one step is known to be whole before its first byte is given.
_STEPS_AHEAD = 2


class InflatingReader:
    """A range of the file in a compressed blob.

    It is ahead of its reader: the last bytes are given once all is known to be whole.
    """

    def __init__(self, reader: BlobReader, size_bytes: int, span: range) -> None:
        """Read the whole blob of a file of this size, of which the bytes in `span` are wanted."""
        self.size_bytes = size_bytes
        self._reader = reader
        self._inflater = Inflater(size_bytes)
        # Nothing is as well at the beginning as anywhere, and nearer.
        self._span = span or range(0)
        self._steps = self._inflate()
        self._ahead: deque[bytes] = deque()
        self._iterating = False

    async def begin(self) -> None:
        """Go to the beginning of the range, and to the end of a small one; raises `Corrupted` on the way."""
        while len(self._ahead) < _STEPS_AHEAD and (piece := await anext(self._steps, b"")):
            self._ahead.append(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._iterating = True
        try:
            async for piece in self._steps:
                self._ahead.append(piece)
                yield self._ahead.popleft()
            while self._ahead:
                yield self._ahead.popleft()
        finally:
            await self._steps.aclose()
            await self.aclose()

    async def aclose(self) -> None:
        """Let go of the blob."""
        await self._reader.aclose()
        if not self._iterating:
            await self._steps.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _inflate(self) -> AsyncGenerator[bytes]:
        """Give what is wanted of each step; to the end of the blob, if that of the file is wanted."""
        start, stop = self._span.start, self._span.stop
        async for chunk in self._reader:
            self._inflater.add(chunk)
            while piece := await asyncio.to_thread(self._inflater.step):
                first = self._inflater.made_bytes - len(piece)
                if wanted := piece[max(start - first, 0) : max(stop - first, 0)]:
                    yield wanted
                if stop < self.size_bytes and stop <= self._inflater.made_bytes:
                    return
        self._inflater.finish()
