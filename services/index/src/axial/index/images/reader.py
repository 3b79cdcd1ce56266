"""Reading one frame of a file, and no more than that."""

import asyncio

import zstandard

from axial.common.blobs import BlobStore, StoredRanges
from axial.common.deflate import inflate
from axial.common.elements import (
    EXPLICIT_LITTLE,
    LONG_HEAD_BYTES,
    Layout,
    sniff,
    unusual_head,
)
from axial.common.file_meta import read_file_meta
from axial.common.scan import MAX_KEPT_BYTES, Wanted, scan
from axial.index.images.refusals import NoSuchFrame
from axial.index.resources import StoredPixels
from axial.pixels.description import MAX_FRAME_BYTES, Pixels
from axial.pixels.frames import Frame, Frames, PixelValue
from axial.pixels.headers import ImageHeader
from axial.pixels.refusals import Undecodable
from axial.pixels.source import BytesSource, Source, read_whole

# Compressed. A smaller header is read in some milliseconds, in which other requests can wait.
_LARGE_HEADER_BYTES = 16 * 1024
_PIXEL_DATA_ALONE = Wanted(frozenset())


class Image:
    """The image of one instance, opened: its header is read, its frames are where they were."""

    def __init__(
        self, stored: StoredPixels, header: ImageHeader, layout: Layout, source: Source
    ) -> None:
        self.header = header
        self._stored = stored
        self._layout = layout
        self._source = source
        self._frames: Frames | None = None

    @property
    def pixels(self) -> Pixels:
        """How the pixels are encoded; raises `Undecodable` when they are not there or cannot be decoded."""
        if self._stored.pixel_data_vr is None:
            raise Undecodable("The instance has no image")
        return self.header.pixels(self._stored.transfer_syntax_uid, self._stored.pixel_data_vr)

    async def frame(self, number: int) -> Frame:
        """Read a frame; raises `NoSuchFrame`, or `Undecodable` when it is not to be found."""
        pixels = self.pixels
        if not 0 <= number < pixels.frames:
            raise NoSuchFrame
        return await (await self._opened()).read(number)

    async def check_frames(self) -> None:
        """Raise `Undecodable` when the file is too short for as many frames as it tells."""
        (await self._opened()).check(self._stored.size_bytes)

    async def _opened(self) -> Frames:
        """Give the frames of the pixel data, which are looked for once."""
        if self._frames is None:
            value = await self._find_pixel_data()
            self._frames = Frames(self.pixels, value, self.header.extended_offsets)
        return self._frames

    async def _find_pixel_data(self) -> PixelValue:
        offset, layout, source = self._stored.pixel_data_offset, self._layout, self._source
        if offset is None:
            data = await self._inflated()
            layout = sniff(data, 0, EXPLICIT_LITTLE)
            offset = scan(data, 0, layout, _PIXEL_DATA_ALONE).pixel_data_offset
            source = BytesSource(data)
            if offset is None:
                raise Undecodable("The pixel data are cut short")
        head = await read_whole(source, offset, offset + LONG_HEAD_BYTES)
        _, first, second = layout.head(head, 0)
        _, value, length = unusual_head(head, 0, first, second, layout)
        return PixelValue(source, offset + value, length)

    async def _inflated(self) -> bytes:
        """Inflate a deflated file, all of it: there is no other way to a place in it."""
        if self._stored.size_bytes > MAX_FRAME_BYTES:
            raise Undecodable("The deflated file is too large to be decoded")
        file = await self._source.read(0, self._stored.size_bytes)
        meta = read_file_meta(file)
        limit = MAX_FRAME_BYTES + MAX_KEPT_BYTES
        data, is_all = await asyncio.to_thread(inflate, file, meta.dataset_offset, limit)
        if not is_all:
            raise Undecodable("The deflated file is too large to be decoded")
        return data


async def open_image(blobs: BlobStore, stored: StoredPixels) -> Image:
    """Read the header of an instance."""
    compressed = stored.header
    if compressed is None:
        assert stored.header_blob_key is not None, "the table's constraint says so"
        compressed = await blobs.read(stored.header_blob_key)
    source = StoredRanges(blobs, stored.blob)
    if len(compressed) > _LARGE_HEADER_BYTES:
        header, layout, length = await asyncio.to_thread(_read_header, compressed)
    else:
        header, layout, length = _read_header(compressed)
    offset = stored.pixel_data_offset
    if not header.has_image and offset is not None and length < offset <= MAX_KEPT_BYTES:
        # The header was cut at something long that stands before the description of the pixels.
        header = await asyncio.to_thread(ImageHeader, await source.read(0, offset))
    return Image(stored, header, layout, source)


def _read_header(compressed: bytes) -> tuple[ImageHeader, Layout, int]:
    # A decompressor of its own: it must not be used by two threads.
    raw = zstandard.ZstdDecompressor().decompress(compressed)
    return ImageHeader(raw), read_file_meta(raw).layout, len(raw)
