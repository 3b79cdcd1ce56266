"""A data set on its way, in another encoding: memory holds what precedes the pixels, never the pixels."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from axial.common.attributes import PIXEL_DATA_VRS
from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import UNDEFINED_LENGTH, Layout, unusual_head
from axial.common.errors import NotDicom
from axial.common.rewriting import NotConvertible, Rewriter
from axial.common.scan import Wanted, scan

# As much as ingest keeps of a file's header; behind the pixels stand signatures at most.
_MOST_BYTES = 64 * 1024 * 1024
# Some thousand elements, which take some milliseconds.
_AT_ONCE_BYTES = 128 * 1024
_NOTHING = Wanted(frozenset())
# Of a deflated data set, what is inflated at once.
_INFLATED_BYTES = 256 * 1024
# Whole numbers of any width.
_WIDEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Recoding:
    """From which encoding to which."""

    source: Layout
    target: Layout
    dictionary: Dictionary = STANDARD


class Reading:
    """Pieces that are taken in amounts of one's own."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self.buffer = bytearray()
        self.is_over = False

    async def more(self) -> None:
        """Add at least as much as there is already, so that looking again costs little in all."""
        wanted = min(2 * len(self.buffer), _MOST_BYTES)
        while not self.is_over and len(self.buffer) <= wanted:
            piece = await anext(self._pieces, None)
            if piece is None:
                self.is_over = True
            else:
                self.buffer += piece
        if len(self.buffer) > _MOST_BYTES:
            raise NotConvertible

    def take(self, count: int) -> bytes:
        """Take bytes that are there."""
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken


async def recoded(pieces: AsyncIterator[bytes], recoding: Recoding) -> AsyncIterator[bytes]:
    """Write a data set in another encoding while it comes; raise NotConvertible, mostly before the first piece."""
    rewriter = Rewriter(recoding.target, recoding.dictionary)
    reading = Reading(pieces)
    before = await up_to_pixels(reading, recoding.source)
    if not reading.buffer:
        yield await rewritten(rewriter, before, recoding.source)
        return
    layout = recoding.source
    vr, value, length = pixel_head(bytes(reading.buffer[:16]), layout)
    if length == UNDEFINED_LENGTH:
        raise NotConvertible
    tag = layout.tag(layout.head(reading.buffer, 0)[0])
    yield await rewritten(rewriter, before, layout) + rewriter.head(tag, vr, length)
    reading.take(value)
    left = length
    while left:
        if len(reading.buffer) < min(left, _WIDEST_BYTES):
            if reading.is_over:
                raise NotConvertible
            await reading.more()
            continue
        count = min(left, len(reading.buffer) // _WIDEST_BYTES * _WIDEST_BYTES)
        count = count or min(left, len(reading.buffer))
        yield rewriter.value(vr, reading.take(count), layout)
        left -= count
    while not reading.is_over:
        await reading.more()
    if after := await rewritten(rewriter, bytes(reading.buffer), layout):
        yield after


async def rewritten(rewriter: Rewriter, data: bytes, layout: Layout) -> bytes:
    """Rewrite elements; many of them beside the event loop."""
    if len(data) <= _AT_ONCE_BYTES:
        return rewriter.rewrite(data, 0, layout)
    return await asyncio.to_thread(rewriter.rewrite, data, 0, layout)


async def up_to_pixels(reading: Reading, layout: Layout) -> bytes:
    """Take what precedes the pixel data: all there is, if there are none."""
    while True:
        try:
            found = scan(reading.buffer, 0, layout, _NOTHING)
        except NotDicom as error:
            # It may be because of where the bytes end.
            if reading.is_over:
                raise NotConvertible from error
        else:
            if found.pixel_data_offset is not None:
                # What follows the tag must be at hand, too.
                while not reading.is_over and len(reading.buffer) < found.pixel_data_offset + 16:
                    await reading.more()
                return reading.take(found.pixel_data_offset)
            if reading.is_over:
                return reading.take(len(reading.buffer))
        await reading.more()


def pixel_head(data: bytes, layout: Layout) -> tuple[str, int, int]:
    """Read VR, start and length of the pixel data whose tag the bytes begin with."""
    key, first, second = layout.head(data, 0)
    if first in layout.short_vrs:
        raise NotConvertible
    vr, value, length = unusual_head(data, 0, first, second, layout)
    return vr or PIXEL_DATA_VRS[layout.tag(key)], value, length


async def inflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Inflate a data set (PS3.5 section A.5), a little at a time whatever it may become; raise NotConvertible."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        async for piece in pieces:
            left = piece
            while left and not inflater.eof:
                yield inflater.decompress(left, _INFLATED_BYTES)
                left = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise NotConvertible from error
