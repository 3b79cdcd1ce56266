"""The wait of a read that found nothing, until there is something to find."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.reader import Entries
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.projection import Projection, Read

ReadT = TypeVar("ReadT", bound=Read)


@dataclass(frozen=True, slots=True)
class LongPolls:
    """Lets reads wait. Whoever waits costs no query; a commit wakes all of them together."""

    projection: Projection
    entries: Entries
    metrics: ChangefeedMetrics
    stopping: asyncio.Event

    async def read(
        self,
        read: Callable[[], Awaitable[ReadT]],
        worth_waiting: Callable[[ReadT], bool],
        news: Callable[[ReadT, float], Awaitable[object]],
        seconds: float,
    ) -> ReadT:
        """Read, and read again after each piece of `news` as long as that is worth waiting for.

        `news` is given the last page and the seconds that are left. The answer is that of the last read.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        page = await read()
        if seconds <= 0 or not worth_waiting(page):
            return page
        with self.metrics.waiting_polls.track_inprogress():
            while worth_waiting(page) and not self.stopping.is_set():
                left = deadline - loop.time()
                if left <= 0:
                    break
                await news(page, left)
                page = await read()
        return page

    async def until(self, reached: Callable[[HighWater], bool], seconds: float) -> None:
        """Wait for a position, until the time is up or the service stops."""
        await self.projection.news(reached, seconds)

    async def until_entry(self, since: int, to: int, wanted: Filter, seconds: float) -> None:
        """Wait for an entry that is wanted in `(since, to]`, until the time is up or the service stops."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        position = since
        while position < to and not self.stopping.is_set():
            left = deadline - loop.time()
            high_water = await self.entries.wait_beyond(position, left)
            if high_water.change_sequence <= position:
                return
            page = await self.entries.after(position, wanted, 1)
            if page.entries:
                return
            position = page.scanned_through
