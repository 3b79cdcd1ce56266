"""How many long answers are made at once: whatever waits for its turn holds next to nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from axial.common.errors import Unavailable

PieceT = TypeVar("PieceT")

# Longer than any wait for a collaborator: whoever still waits had better come again.
_PATIENCE_SECONDS = 30.0


class Turns:
    """Pieces of answers are made by so many at once, in the order in which they were asked for.

    A turn is for one piece, and ends before the piece is sent: nobody waits for somebody's slow line.
    """

    def __init__(self, at_once: int, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._patience_seconds = patience_seconds

    async def each(self, pieces: AsyncIterator[PieceT]) -> AsyncIterator[PieceT]:
        """Make each piece in its turn; raise Unavailable when the first has none for too long.

        An answer that has begun is not given up any more.
        """
        patience_seconds: float | None = self._patience_seconds
        while True:
            await self._wait(patience_seconds)
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
            finally:
                self._slots.release()
            yield piece
            patience_seconds = None

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise Unavailable("Too much is asked at once; try again later.") from None
