"""A value as it is sent."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from axial.index.content.contents import Contents
from axial.index.content.padding import TAIL_BYTES, TEXT_VRS, end_of
from axial.index.content.values import exchanged, number_bytes
from axial.index.content.walking import Value


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes of a known length, piece by piece; to be closed by whoever does not take them all."""

    length: int
    pieces: AsyncGenerator[bytes]


async def body_of(contents: Contents, value: Value, file_stop: int) -> Body:
    """Prepare to send a value, as far as the file goes."""
    stop = min(value.stop, file_stop)
    tail = b""
    if value.vr in TEXT_VRS:
        tail = await contents.read(max(value.start, stop - TAIL_BYTES), stop)
    end = end_of(tail, stop - value.start, value.vr)
    stop -= end.cut_bytes
    size = number_bytes(value.vr) if value.byte_order == "big" else 1
    pieces = _pieces(contents, value.start, stop, size, end.padding)
    return Body(stop - value.start + len(end.padding), pieces)


async def _pieces(
    contents: Contents, start: int, stop: int, size: int, padding: bytes
) -> AsyncGenerator[bytes]:
    async with aclosing(contents.stream(start, stop)) as stored:
        async for piece in exchanged(stored, size) if size > 1 else stored:
            yield piece
    if padding:
        yield padding
