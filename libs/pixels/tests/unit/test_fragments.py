"""Finding a frame in encapsulated pixel data."""

import struct

import pytest
from pydicom.encaps import encapsulate, encapsulate_extended

from axial.pixels.fragments import Fragment, FrameFinder, split
from axial.pixels.refusals import Undecodable
from axial.pixels.source import BytesSource

pytestmark = pytest.mark.unit

SOI = b"\xff\xd8"
PREFIX = b"header of the file"


def item(content: bytes) -> bytes:
    """Make one fragment."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


async def frames_of(
    value: bytes, frames: int, extended_offsets: tuple[int, ...] = ()
) -> list[bytes]:
    """Read all frames of the value of a pixel data element."""
    data = PREFIX + value
    finder = FrameFinder(BytesSource(data), len(PREFIX), frames, extended_offsets)
    found = []
    for number in range(frames):
        parts = await finder.find(number)
        found.append(b"".join(data[part.start : part.stop] for part in parts))
    return found


@pytest.mark.parametrize("has_table", [True, False])
@pytest.mark.parametrize("fragments_per_frame", [1, 3])
async def test_frames_that_pydicom_wrote(*, has_table: bool, fragments_per_frame: int) -> None:
    """Frames in one or several fragments are found, with an offset table and without."""
    frames = [SOI + bytes([number]) * (30 + 6 * number) for number in range(5)]
    value = encapsulate(frames, fragments_per_frame, has_bot=has_table) + END
    assert await frames_of(value, 5) == frames


async def test_extended_offset_table() -> None:
    """The extended offset table serves where the basic one is empty."""
    frames = [bytes([number]) * 40 for number in range(4)]
    value, offsets, _ = encapsulate_extended(frames)
    table = struct.unpack(f"<{len(offsets) // 8}Q", offsets)
    assert await frames_of(value + END, 4, table) == frames


async def test_only_one_frame_is_read() -> None:
    """With an offset table, what stands before the frame is not gone through."""
    frames = [bytes([number]) * 100_000 for number in range(20)]

    class Counting(BytesSource):
        """Counts what is read."""

        read_bytes = 0

        async def read(self, start: int, stop: int) -> bytes:
            """Count."""
            data = await super().read(start, stop)
            self.read_bytes += len(data)
            return data

    source = Counting(encapsulate(frames) + END)
    (part,) = await FrameFinder(source, 0, 20, ()).find(17)
    assert part.stop - part.start == 100_000
    assert source.read_bytes < 40_000


async def test_wrong_offset_table() -> None:
    """A table that leads nowhere is not followed."""
    frames = [bytes([number]) * 40 for number in range(3)]
    value = item(struct.pack("<3I", 7, 9, 1000)) + b"".join(map(item, frames)) + END
    assert await frames_of(value, 3) == frames


async def test_all_fragments_of_the_only_frame() -> None:
    """An image of one frame is all of its fragments."""
    value = item(b"") + item(SOI + b"12") + item(b"34") + END
    assert await frames_of(value, 1) == [SOI + b"1234"]


async def test_without_an_end() -> None:
    """A file that ends without a delimiter has the fragments that it has."""
    value = item(b"") + item(b"12") + item(b"34")
    assert await frames_of(value, 2) == [b"12", b"34"]


@pytest.mark.parametrize("value", [b"", b"no fragments at all", END])
async def test_no_fragments(value: bytes) -> None:
    """What does not begin with an offset table is no encapsulated pixel data."""
    with pytest.raises(Undecodable):
        await frames_of(value, 1)


def test_frames_that_cannot_be_told_apart() -> None:
    """More fragments than frames are a riddle when nothing tells where a frame begins."""
    fragments = [Fragment(10 * number, 10 * number + 2, begins=False) for number in range(4)]
    with pytest.raises(Undecodable):
        split(fragments, 2, 0)


def test_fewer_fragments_than_frames() -> None:
    """Frames whose fragments are missing are empty, the others are there."""
    fragments = [Fragment(0, 2, begins=True)]
    assert split(fragments, 2, 0) == tuple(fragments)
    assert split(fragments, 2, 1) == ()


async def test_too_many_fragments() -> None:
    """A file of empty fragments without end is given up."""
    with pytest.raises(Undecodable, match="too many"):
        await frames_of(item(b"") * 200_002, 2)
