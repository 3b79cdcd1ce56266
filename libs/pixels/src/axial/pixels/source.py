"""Ranges of the bytes that an image stands in."""

from typing import Protocol

from axial.pixels.refusals import Undecodable

# Heads of fragments are eight bytes: in a file of small fragments one read finds hundreds of them.
_AHEAD_BYTES = 16 * 1024
# Who jumps out of what was read goes from one large fragment to the next, and wants its head alone.
_JUMP_BYTES = 16


class Source(Protocol):
    """Whatever has the bytes."""

    async def read(self, start: int, stop: int) -> bytes:
        """Return the bytes `[start, stop)`, fewer when there are no more."""
        ...


class BytesSource:
    """Bytes in memory: what a deflated file has been inflated to."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self, start: int, stop: int) -> bytes:
        """Cut one range."""
        return self._data[start:stop]


class ReadAhead:
    """A source that is read a bit further than asked, for those who go through it by small steps."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = 0
        self._buffer = b""

    async def read(self, start: int, stop: int) -> bytes:
        """Return a range, from what was read already when it is there."""
        end = self._start + len(self._buffer)
        if start < self._start or stop > end:
            ahead = _AHEAD_BYTES if start <= end else _JUMP_BYTES
            self._start = start
            self._buffer = await self._source.read(start, max(stop, start + ahead))
        return self._buffer[start - self._start : stop - self._start]


async def read_whole(source: Source, start: int, stop: int) -> bytes:
    """Read a range that must be there, all of it; raises `Undecodable` when the file ends before."""
    data = await source.read(start, stop)
    if len(data) < stop - start:
        raise Undecodable("The pixel data are cut short")
    return data
