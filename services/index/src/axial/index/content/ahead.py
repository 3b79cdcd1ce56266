"""Reading a bit further than asked, for those who go through a file by small steps."""

from typing import Protocol

# Elements are small, but for a few: one read finds hundreds of them.
_ELEMENTS_BYTES = 16 * 1024
# Who jumps over something large wants a head, and jumps again.
_HEAD_BYTES = 16
# To read what lies between heads that are as near as this costs less than to ask for each of them.
_NEAR_BYTES = 256 * 1024
_STRETCH_BYTES = 4 * 1024 * 1024
# A file has some large elements; only fragments of pixel data go on like this.
_FEW_JUMPS = 8


class Source(Protocol):
    """Whatever has the bytes."""

    async def read(self, start: int, stop: int) -> bytes:
        """Return the bytes `[start, stop)`, fewer when there are no more."""
        ...


class Ahead:
    """A source whose last stretch is kept."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start = 0
        self._buffer = b""
        self._jumps = 0

    async def read(self, start: int, stop: int) -> bytes:
        """Return a range, from what was read already when it is there."""
        end = self._start + len(self._buffer)
        if start < self._start or stop > end:
            ahead = self._bytes_ahead(start - end)
            self._start = start
            self._buffer = await self._source.read(start, max(stop, start + ahead))
        return self._buffer[start - self._start : stop - self._start]

    def _bytes_ahead(self, gap: int) -> int:
        if gap <= 0:
            return _STRETCH_BYTES if self._jumps > _FEW_JUMPS else _ELEMENTS_BYTES
        self._jumps = self._jumps + 1 if gap < _NEAR_BYTES else 0
        return _STRETCH_BYTES if self._jumps > _FEW_JUMPS else _HEAD_BYTES
