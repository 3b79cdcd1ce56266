"""Ranges of one stored file, in any order."""

import asyncio
from collections import OrderedDict

from axial.common.blobs.port import BlobStore
from axial.common.blobs.stored import StoredBlob
from axial.common.blobs.zlib_form import Inflater

# What is inflated at once, some milliseconds' work, and kept in case that the next range is near.
_LEAST_BLOCK_BYTES = 1024 * 1024
# The place where each block begins takes some 45 KiB of memory.
_MOST_BLOCKS = 256
# Who reads frame by frame looks at the heads of fragments behind the frame, and comes back for it.
_BLOCKS_KEPT = 2


class StoredRanges:
    """Reads ranges of a file.

    Into a compressed one there is no way but from its beginning. The places on the way are remembered, so that to go
    back and forth in it costs little more than to go through it once, in bounded memory.
    """

    def __init__(self, blobs: BlobStore, stored: StoredBlob) -> None:
        self._blobs = blobs
        self._stored = stored
        self._block_bytes = max(_LEAST_BLOCK_BYTES, stored.size_bytes // _MOST_BLOCKS)
        #: Where each block begins that was passed, and the one behind them.
        self._places = [Inflater(stored.size_bytes)]
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    async def read(self, start: int, stop: int) -> bytes:
        """Return the bytes `[start, stop)`, fewer when there are no more; raises as `open_stored`."""
        if not self._stored.is_compressed:
            return await self._blobs.read(self._stored.key, start, stop)
        stop = min(stop, self._stored.size_bytes)
        parts: list[bytes] = []
        while start < stop:
            number = self._number_of(start)
            first = self._places[number].made_bytes
            block = await self._block(number)
            part = block[start - first : stop - first]
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def _number_of(self, position: int) -> int:
        """Find the last block that begins before a position: in the one behind all others it may not be yet."""
        number = len(self._places) - 1
        while self._places[number].made_bytes > position:
            number -= 1
        return number

    async def _block(self, number: int) -> bytes:
        """Inflate a block, unless it is at hand."""
        block = self._kept.pop(number, None)
        if block is None:
            block = await self._inflate(number)
        self._kept[number] = block
        if len(self._kept) > _BLOCKS_KEPT:
            self._kept.popitem(last=False)
        return block

    async def _inflate(self, number: int) -> bytes:
        """Inflate to where the next block begins; or far enough for one, when that is not known yet."""
        inflater = self._places[number].copy()
        is_newest = number + 1 == len(self._places)
        target = (
            inflater.made_bytes + self._block_bytes
            if is_newest
            else self._places[number + 1].made_bytes
        )
        pieces: list[bytes] = []
        async with await self._blobs.open(self._stored.key, inflater.used_bytes) as reader:
            async for chunk in reader:
                inflater.add(chunk)
                while piece := await asyncio.to_thread(inflater.step):
                    pieces.append(piece)
                    if target <= inflater.made_bytes < self._stored.size_bytes:
                        if is_newest:
                            self._places.append(inflater.copy())
                        return b"".join(pieces)
        inflater.finish()
        return b"".join(pieces)
