"""Pages kept as bytes, each for as long as a fresh read would give the same.

Every read still asks for the log's end and waits for the projection, so an answer from memory includes every
event acknowledged before the question, like any other. What is spared is the database and the rendering.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.byte_cache import ByteCache
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.pages import Page
from axial.changefeed.reading.stale_blocks import StaleBlocks
from axial.common.recorded import LogSequence

Fetch: TypeAlias = Callable[[], Awaitable[Page]]


class Followed(Protocol):
    """Where the projection stands, as `Projection` follows it."""

    stale: StaleBlocks

    async def caught_up(self) -> HighWater:
        """Return a position that includes every event acknowledged before the call."""
        ...

    async def read_at(self, high_water: HighWater, fetch: Fetch) -> Page:
        """Fetch from a snapshot that is at least at a position."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, with a position at which it is true."""

    page: Page
    high_water: HighWater


class PageCache:
    """Reads pages, those that are asked for again from memory; one for a process."""

    def __init__(
        self, projection: Followed, metrics: ChangefeedMetrics, capacity_bytes: int
    ) -> None:
        self._projection = projection
        self._metrics = metrics
        self._pages: ByteCache[Hashable, Page] = ByteCache(capacity_bytes)
        self._era = projection.stale.era
        self._under_way: dict[tuple[Hashable, LogSequence], asyncio.Task[Page]] = {}

    async def read(self, query: Hashable, fetch: Fetch) -> Answer:
        """Give the page that a query asks for, by `fetch` when it is not in memory; or Unavailable."""
        high_water = await self._projection.caught_up()
        kept = self._kept(query, high_water)
        if kept is not None:
            self._metrics.page_hits.inc()
            # It may have been read from a snapshot that was ahead of what had been seen.
            newer = kept.high_water.log_sequence > high_water.log_sequence
            return Answer(kept, kept.high_water if newer else high_water)
        page = await asyncio.shield(self._shared(query, high_water, fetch))
        return Answer(page, page.high_water)

    def _kept(self, query: Hashable, high_water: HighWater) -> Page | None:
        stale = self._projection.stale
        if self._era != stale.era:
            # The database went back, or may be another one: nothing of what it showed is certain.
            self._pages.clear()
            self._era = stale.era
        if stale.through < high_water.log_sequence:
            return None
        page = self._pages.get(query)
        return page if page is not None and page.is_true_at(high_water, stale) else None

    def _shared(self, query: Hashable, high_water: HighWater, fetch: Fetch) -> asyncio.Task[Page]:
        """Read once for all who ask the same at the same position, as those do whom a commit has woken."""
        key = (query, high_water.log_sequence)
        task = self._under_way.get(key)
        if task is None:
            self._metrics.page_misses.inc()
            task = asyncio.create_task(self._read(query, high_water, fetch))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return task

    def _finished(self, key: tuple[Hashable, LogSequence], task: asyncio.Task[Page]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            # Looked at, so that asyncio does not report it when every asker has given up.
            task.exception()

    async def _read(self, query: Hashable, high_water: HighWater, fetch: Fetch) -> Page:
        era = self._projection.stale.era
        page = await self._projection.read_at(high_water, fetch)
        if page.shown is not None and era == self._era == self._projection.stale.era:
            self._pages.put(query, page, len(page.body))
            self._metrics.page_cache_size.set(self._pages.size_bytes)
        return page
