"""Writing the pixels of one file in another form, frame by frame."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from struct import Struct

from axial.common.dictionary import Dictionary
from axial.common.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, SEQUENCE_END, UNDEFINED_LENGTH
from axial.common.recoding import rewritten
from axial.common.rewriting import Rewriter
from axial.common.scan import MAX_KEPT_BYTES
from axial.common.transfer_syntaxes import layout_of
from axial.pixels.description import Pixels
from axial.pixels.frames import Frames
from axial.pixels.headers import ImageHeader
from axial.pixels.refusals import Undecodable
from axial.pixels.transcoding.attributes import (
    LOOKED_AT,
    Outcome,
    changes,
    lossy_changes,
    new_sop_instance_uid,
)
from axial.pixels.transcoding.datasets import Opened, renamed
from axial.pixels.transcoding.editing import edited, values
from axial.pixels.transcoding.files import Fragments, Spool
from axial.pixels.transcoding.forms import Form, Recast, form_of
from axial.pixels.transcoding.targets import Target
from axial.pixels.workers import Workers

_PIXEL_DATA = 0x7FE00010
_BYTE_BITS = 8
_WORD_BITS = 16
# Some thousand elements, which take some milliseconds.
_AT_ONCE_BYTES = 64 * 1024
_END = Struct("<HHI").pack(SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF, 0)


@dataclass(frozen=True, slots=True)
class Written:
    """A data set in another form, but for its frames, which are in a spool."""

    opened: Opened
    #: What precedes the frames, and what follows them.
    before: bytes
    after: bytes

    async def pieces(self, spool: Spool) -> AsyncIterator[bytes]:
        """Walk the data set; the spool is closed with its end."""
        yield self.before
        async for chunk in spool.chunks():
            yield chunk
        spool.close()
        yield self.after


class Recasting:
    """Writes the pixels of one file in another form."""

    def __init__(self, workers: Workers[Recast], opened: Opened, dictionary: Dictionary) -> None:
        self._workers = workers
        self._opened = opened
        self._dictionary = dictionary

    async def write(self, target: Target, quality: int, spool: Spool) -> Written:
        """Write all frames to a spool, and the rest around them; raises `Undecodable`."""
        opened = self._opened
        element = opened.pixels
        if element is None or element.tag != _PIXEL_DATA:
            raise Undecodable("Pixels of this kind cannot be written otherwise")
        plain = await rewritten(
            Rewriter(EXPLICIT_LITTLE, self._dictionary), opened.before, opened.layout
        )
        header = await _header(plain)
        pixels = header.pixels(opened.meta.transfer_syntax_uid, element.vr)
        form = form_of(pixels, target, quality)
        _check_size(pixels, target)
        frames = Frames(pixels, element.value, header.extended_offsets)
        frames.check(opened.stop)
        if target.is_native:
            await self._cells(pixels, form, frames, spool)
        else:
            await self._fragments(pixels, form, frames, spool)
        outcome = Outcome(form, pixels.frames * _frame_bytes(pixels), spool.size_bytes)
        told = dict(changes(pixels, outcome))
        if target.is_lossy:
            uid = new_sop_instance_uid()
            told |= lossy_changes(values(plain, LOOKED_AT), uid, outcome)
            opened = renamed(opened, uid)
        rewriter = Rewriter(layout_of(target.uid), self._dictionary)
        before = await rewritten(rewriter, edited(plain, told), EXPLICIT_LITTLE)
        before += _pixel_head(rewriter, pixels, target, spool.size_bytes)
        end = await frames.end()
        if opened.stop - end > MAX_KEPT_BYTES:
            raise Undecodable("The file cannot be read")
        rest = await opened.source.read(end, max(end, opened.stop))
        after = await rewritten(rewriter, rest, opened.layout)
        return Written(opened, before, after if target.is_native else _END + after)

    async def _cells(self, pixels: Pixels, form: Form, frames: Frames, spool: Spool) -> None:
        """Write native frames."""
        rewriter = Rewriter(layout_of(form.target.uid))
        for number in range(pixels.frames):
            cells = await self._frame(pixels, form, frames, number)
            if pixels.bits_allocated == _WORD_BITS:
                cells = rewriter.value("OW", cells, EXPLICIT_LITTLE)
            await spool.write(cells)
        await spool.write(bytes(spool.size_bytes % 2))

    async def _fragments(self, pixels: Pixels, form: Form, frames: Frames, spool: Spool) -> None:
        """Write encoded frames."""
        native_bytes = pixels.frames * _frame_bytes(pixels)
        fragments = Fragments(spool, pixels.frames, native_bytes)
        await fragments.begin()
        for number in range(pixels.frames):
            await fragments.add(await self._frame(pixels, form, frames, number))
        await fragments.end()

    async def _frame(self, pixels: Pixels, form: Form, frames: Frames, number: int) -> bytes:
        async with self._workers.turn():
            return await self._workers.run(Recast(pixels, await frames.read(number), form))


async def _header(plain: bytes) -> ImageHeader:
    if len(plain) <= _AT_ONCE_BYTES:
        return ImageHeader(plain)
    return await asyncio.to_thread(ImageHeader, plain)


def _frame_bytes(pixels: Pixels) -> int:
    return pixels.rows * pixels.columns * pixels.samples * pixels.bits_allocated // _BYTE_BITS


def _check_size(pixels: Pixels, target: Target) -> None:
    """Raise `Undecodable` when the result cannot be told, or nobody can tell its cells apart."""
    if not target.is_native:
        return
    if pixels.frames * _frame_bytes(pixels) >= UNDEFINED_LENGTH - 1:
        raise Undecodable("The image is too large to be written in this transfer syntax")
    if pixels.bits_allocated > _WORD_BITS and layout_of(target.uid) is EXPLICIT_BIG:
        raise Undecodable("Samples with so many bits cannot be written in this transfer syntax")


def _pixel_head(rewriter: Rewriter, pixels: Pixels, target: Target, size_bytes: int) -> bytes:
    """Write what stands before the frames (PS3.5 section A.4, section 8.1.1 and annex A.2)."""
    if not target.is_native:
        return rewriter.head(_PIXEL_DATA, "OB", UNDEFINED_LENGTH)
    return rewriter.head(
        _PIXEL_DATA, "OB" if pixels.bits_allocated <= _BYTE_BITS else "OW", size_bytes
    )
