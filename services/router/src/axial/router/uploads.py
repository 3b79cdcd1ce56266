"""What comes in a request, to be passed on while it comes."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request

from axial.common.errors import Rejected, TooLarge

# As ingest: whoever says nothing for this long is given up, and the peer with it.
_SILENCE_SECONDS = 60.0


class Upload:
    """The body of a request, piece by piece."""

    def __init__(self, request: Request, limit_bytes: int) -> None:
        self._pieces = request.stream()
        self._limit_bytes = limit_bytes
        self._read_bytes = 0
        length = request.headers.get("content-length", "")
        self.size_bytes = int(length) if length.isdecimal() else None
        if self.size_bytes is not None and self.size_bytes > limit_bytes:
            raise TooLarge

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read it, once."""
        return self

    async def __anext__(self) -> bytes:
        """Read the next piece; raise Rejected, TooLarge, or starlette's ClientDisconnect."""
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                piece = await anext(self._pieces)
        except TimeoutError:
            raise Rejected("too_slow", "The body did not go on in time") from None
        self._read_bytes += len(piece)
        if self._read_bytes > self._limit_bytes:
            raise TooLarge
        return piece
