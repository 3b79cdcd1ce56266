"""Reading the frames of a file one by one, and no more than these."""

from collections.abc import Sequence
from dataclasses import dataclass

from axial.common.elements import HEAD_BYTES, UNDEFINED_LENGTH
from axial.pixels.description import MAX_FRAME_BYTES, Pixels
from axial.pixels.fragments import FrameFinder
from axial.pixels.native import place_of
from axial.pixels.refusals import Undecodable
from axial.pixels.source import Source, read_whole


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame."""

    encoded: bytes
    #: Bits at the start that belong to the frame before: native frames of one bit per pixel are not padded.
    skipped_bits: int = 0


@dataclass(frozen=True, slots=True)
class PixelValue:
    """Where the value of the pixel data is."""

    source: Source
    start: int
    #: In bytes; undefined when it is fragments.
    length: int


class Frames:
    """The frames in the pixel data of one instance."""

    def __init__(self, pixels: Pixels, value: PixelValue, extended_offsets: Sequence[int]) -> None:
        self._pixels = pixels
        self._value = value
        self._finder = FrameFinder(value.source, value.start, pixels.frames, extended_offsets)

    def check(self, size_bytes: int) -> None:
        """Raise `Undecodable` when a file of a size is too short for as many frames as it tells."""
        pixels = self._pixels
        if pixels.is_native:
            is_short = place_of(pixels, pixels.frames - 1).stop > self._value.length
        else:
            is_short = pixels.frames * HEAD_BYTES > size_bytes
        if is_short:
            raise Undecodable("The pixel data are cut short")

    async def read(self, number: int) -> Frame:
        """Read a frame; raises `Undecodable` when it is not to be found."""
        pixels, value = self._pixels, self._value
        if value.length != UNDEFINED_LENGTH:
            if not pixels.is_native:
                raise Undecodable("The pixel data are no fragments")
            place = place_of(pixels, number)
            if place.stop > value.length:
                raise Undecodable("The pixel data are cut short")
            start = value.start
            data = await read_whole(value.source, start + place.start, start + place.stop)
            return Frame(data, place.skipped_bits)
        if pixels.is_native:
            raise Undecodable("The pixel data are fragments of nothing compressed")
        found = await self._finder.find(number)
        if not found or sum(part.stop - part.start for part in found) > MAX_FRAME_BYTES:
            raise Undecodable("The frame is missing, or too large to be decoded")
        parts = [await read_whole(value.source, part.start, part.stop) for part in found]
        return Frame(b"".join(parts))

    async def end(self) -> int:
        """Tell where the element of the pixel data ends."""
        if self._value.length != UNDEFINED_LENGTH:
            return self._value.start + self._value.length
        return await self._finder.end()
