"""The parts of a file: what precedes its pixels, and where these are."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from axial.common.elements import EXPLICIT_LITTLE, HEAD_BYTES, Layout, Overrun, sniff
from axial.common.file_meta import PREFIX_STOP, FileMeta, has_prefix, read_file_meta
from axial.common.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from axial.common.recoding import Reading, inflated, pixel_head, up_to_pixels
from axial.common.rewriting import NotConvertible, Rewriter
from axial.common.scan import MAX_KEPT_BYTES, Wanted, scan
from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.pixels.description import MAX_FRAME_BYTES
from axial.pixels.frames import PixelValue
from axial.pixels.refusals import Undecodable
from axial.pixels.source import Source
from axial.pixels.transcoding.editing import Changes, Value, edited, element
from axial.pixels.transcoding.files import Spool

_META_BYTES = 64 * 1024
_AT_ONCE_BYTES = 256 * 1024
_NATIVE = frozenset(
    {
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        EXPLICIT_VR_BIG_ENDIAN,
        EXPLICIT_VR_LITTLE_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
    }
)
_PREAMBLE = bytes(128) + b"DICM"
_SOP_CLASS_UID, _SOP_INSTANCE_UID = 0x00080016, 0x00080018
_IDENTITY = Wanted(frozenset({_SOP_CLASS_UID, _SOP_INSTANCE_UID}))
_GROUP_LENGTH, _VERSION = 0x00020000, 0x00020001
_MEDIA_CLASS, _MEDIA_INSTANCE, _TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010
_IMPLEMENTATION_CLASS, _IMPLEMENTATION_VERSION = 0x00020012, 0x00020013


@dataclass(frozen=True, slots=True)
class PixelElement:
    """The element of the pixel data."""

    tag: int
    vr: str
    value: PixelValue


@dataclass(frozen=True, slots=True)
class Opened:
    """A file, looked at up to its pixels."""

    meta: FileMeta
    #: Its file meta information, as it stands.
    group: bytes
    #: The elements up to the pixels, in `layout`.
    before: bytes
    layout: Layout
    #: Where the data set is, inflated, and where it ends.
    source: Source
    start: int
    stop: int
    #: None when there are none.
    pixels: PixelElement | None
    sop_class_uid: str
    sop_instance_uid: str

    @property
    def is_rewritable(self) -> bool:
        """Whether its pixels are cells that every native transfer syntax writes alike."""
        return self.meta.transfer_syntax_uid in _NATIVE

    def pieces(self) -> AsyncIterator[bytes]:
        """Walk the whole data set."""
        return walk(self.source, self.start, self.stop)


async def open_file(source: Source, size_bytes: int, inflating: Spool) -> Opened:
    """Look at a file; raises `Undecodable` when it cannot be told apart.

    What is deflated is inflated into a spool, all of it: there is no other way to a place in it.
    """
    begun = await source.read(0, min(size_bytes, _META_BYTES))
    try:
        meta = read_file_meta(begun)
    except Overrun as error:
        raise Undecodable("The file cannot be read") from error
    group = begun[PREFIX_STOP if has_prefix(begun) else 0 : meta.dataset_offset]
    start, stop, layout = meta.dataset_offset, size_bytes, meta.layout
    if meta.is_deflated:
        await _inflate(walk(source, start, stop), inflating)
        source, start, stop = inflating, 0, inflating.size_bytes
        layout = sniff(await inflating.read(0, HEAD_BYTES), 0, layout)
    reading = Reading(walk(source, start, stop))
    try:
        before = await up_to_pixels(reading, layout)
        found = scan(before, 0, layout, _IDENTITY)
        pixels = None
        if reading.buffer:
            head = bytes(reading.buffer[:16])
            vr, value, length = pixel_head(head, layout)
            place = PixelValue(source, start + len(before) + value, length)
            pixels = PixelElement(layout.tag(layout.head(head, 0)[0]), vr, place)
    except NotConvertible as error:
        raise Undecodable("The file cannot be read") from error

    def uid(tag: int) -> str:
        place = found.places.get(tag)
        raw = before[place[1] : place[2]] if place else b""
        return raw.decode("ascii", "replace").strip(" \0")

    return Opened(
        meta=meta,
        group=group,
        before=before,
        layout=layout,
        source=source,
        start=start,
        stop=stop,
        pixels=pixels,
        sop_class_uid=uid(_SOP_CLASS_UID),
        sop_instance_uid=uid(_SOP_INSTANCE_UID),
    )


def renamed(opened: Opened, sop_instance_uid: str) -> Opened:
    """Give a file another SOP instance, which its data set is yet to tell."""
    return replace(opened, sop_instance_uid=sop_instance_uid)


def file_head(opened: Opened, transfer_syntax_uid: str) -> bytes:
    """Write preamble and file meta information (PS3.10 section 7.1), as it was but for what is not so any more."""
    group = Rewriter(EXPLICIT_LITTLE).rewrite(
        opened.group, 0, sniff(opened.group, 0, EXPLICIT_LITTLE)
    )
    changes: Changes = {
        _VERSION: Value("OB", b"\0\1"),
        _MEDIA_CLASS: Value("UI", opened.sop_class_uid.encode()),
        _MEDIA_INSTANCE: Value("UI", opened.sop_instance_uid.encode()),
        _TRANSFER_SYNTAX: Value("UI", transfer_syntax_uid.encode()),
        _IMPLEMENTATION_CLASS: Value("UI", IMPLEMENTATION_CLASS_UID.encode()),
        _IMPLEMENTATION_VERSION: Value("SH", IMPLEMENTATION_VERSION_NAME.encode()),
    }
    group = edited(group, changes)
    length = Value("UL", len(group).to_bytes(4, "little"))
    return _PREAMBLE + element(_GROUP_LENGTH, length) + group


async def walk(source: Source, start: int, stop: int) -> AsyncIterator[bytes]:
    """Read a range, a little at a time."""
    while start < stop:
        piece = await source.read(start, min(start + _AT_ONCE_BYTES, stop))
        if not piece:
            return
        yield piece
        start += len(piece)


async def deflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Deflate a data set (PS3.5 section A.5)."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = 0
    async for piece in pieces:
        made = await asyncio.to_thread(deflater.compress, piece)
        length += len(made)
        yield made
    made = deflater.flush()
    yield made + bytes((length + len(made)) % 2)


async def _inflate(deflated: AsyncIterator[bytes], spool: Spool) -> None:
    try:
        async for piece in inflated(deflated):
            await spool.write(piece)
            if spool.size_bytes > MAX_FRAME_BYTES + MAX_KEPT_BYTES:
                raise Undecodable("The deflated file is too large to be decoded")
    except NotConvertible as error:
        raise Undecodable("The file cannot be read") from error
