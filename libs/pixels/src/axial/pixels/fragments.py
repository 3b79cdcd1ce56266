"""Where a frame is in encapsulated pixel data (PS3.5 section A.4)."""

from collections.abc import AsyncIterator, Sequence
from struct import Struct
from typing import NamedTuple, TypeAlias

from axial.common.elements import ITEM
from axial.pixels.refusals import Undecodable
from axial.pixels.source import ReadAhead, Source

# Encapsulated pixel data is always little endian.
_HEAD = Struct("<HHI")
_MARKER_BYTES = 2
# SOI of JPEG and JPEG-LS (ISO 10918-1 B.2.1), SOC of JPEG 2000 (ISO 15444-1 A.4.1): a frame begins.
_BEGINNINGS = frozenset({b"\xff\xd8", b"\xff\x4f"})
# A film of an hour and a half, a fragment a frame, has 162,000. A hostile file gets no more of our time.
_MAX_FRAGMENTS = 200_000


class Fragment(NamedTuple):
    """The bytes `[start, stop)` of the source that an item holds."""

    start: int
    stop: int
    #: Whether it begins like a compressed image.
    begins: bool


Fragments: TypeAlias = tuple[Fragment, ...]


class FrameFinder:
    """Finds frames by the extended offset table or the basic one, otherwise by going through the fragments.

    A table counts when it has an entry a frame and leads to a fragment. What was found out is remembered.
    """

    def __init__(
        self, source: Source, start: int, frames: int, extended_offsets: Sequence[int]
    ) -> None:
        """Look in the value of the pixel data, which begins at `start`."""
        self._ahead = ReadAhead(source)
        self._start = start
        self._frames = frames
        self._offsets = tuple(extended_offsets)
        self._first: int | None = None
        self._walked: list[Fragment] | None = None

    async def find(self, frame: int) -> Fragments:
        """Find the fragments of one frame; raises `Undecodable` when frames cannot be told apart."""
        if self._first is None:
            table, self._first = await _offset_table(self._ahead, self._start, self._frames)
            if len(self._offsets) != self._frames:
                self._offsets = table
        if len(self._offsets) == self._frames > 1:
            at = self._first + self._offsets[frame]
            is_last = frame + 1 == self._frames
            stop = None if is_last else self._first + self._offsets[frame + 1]
            found = tuple([fragment async for fragment in _walk(self._ahead, at, stop)])
            if found:
                return found
        if self._walked is None:
            self._walked = [fragment async for fragment in _walk(self._ahead, self._first)]
        return split(self._walked, self._frames, frame)

    async def end(self) -> int:
        """Find where the fragments end, behind the last one of the last frame; raises `Undecodable`."""
        position = (await self.find(self._frames - 1))[-1].stop
        async for fragment in _walk(self._ahead, position):
            position = fragment.stop  # no frame's
        return position + _HEAD.size


def split(fragments: Sequence[Fragment], frames: int, frame: int) -> Fragments:
    """Tell which fragments are a frame's, when no table does."""
    if frames == 1:
        return tuple(fragments)
    if len(fragments) <= frames:
        return tuple(fragments[frame : frame + 1])
    begins = [number for number, fragment in enumerate(fragments) if fragment.begins]
    if len(begins) != frames:
        raise Undecodable("The frames cannot be told apart")
    bounds = [*begins, len(fragments)]
    return tuple(fragments[bounds[frame] : bounds[frame + 1]])


async def _offset_table(ahead: ReadAhead, start: int, frames: int) -> tuple[tuple[int, ...], int]:
    """Read the basic offset table, empty unless it has an entry a frame; and where the first fragment is."""
    length = await _item(ahead, start)
    if length is None:
        raise Undecodable("The pixel data are no fragments")
    value = start + _HEAD.size
    if length != 4 * frames:
        return (), value + length
    table = await ahead.read(value, value + length)
    return Struct(f"<{len(table) // 4}I").unpack_from(table), value + length


async def _walk(
    ahead: ReadAhead, position: int, stop: int | None = None
) -> AsyncIterator[Fragment]:
    """Go through the items from `position` on, to `stop` or to the end of the sequence."""
    for _ in range(_MAX_FRAGMENTS):
        if stop is not None and position >= stop:
            return
        length = await _item(ahead, position)
        if length is None:
            return
        value = position + _HEAD.size
        marker = await ahead.read(value, value + min(length, _MARKER_BYTES))
        yield Fragment(value, value + length, marker in _BEGINNINGS)
        position = value + length
    raise Undecodable("The pixel data have too many fragments")


async def _item(ahead: ReadAhead, position: int) -> int | None:
    """Read the length of an item; None at the end, or where there is no item."""
    head = await ahead.read(position, position + _HEAD.size)
    if len(head) < _HEAD.size:
        return None
    group, element, length = _HEAD.unpack(head)
    return length if group << 16 | element == ITEM else None
