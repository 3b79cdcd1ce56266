"""The entries that a consumer gets next: behind its position, wanted, and not left out."""

import asyncio
from dataclasses import dataclass

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.reader import Entries
from axial.changefeed.reading.high_water import HighWater

# A filter that lets next to nothing through is not searched for longer in one go: some 100,000 entries.
_SEARCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in ascending order, and what to acknowledge when they are done with."""

    entries: tuple[FeedEntry, ...]
    #: Nothing up to here is missing: it lies beyond the last entry when others follow that are not wanted.
    last: int
    high_water: HighWater

    @property
    def done(self) -> bool:
        """Whether there was nothing more to get when this was read."""
        return self.last >= self.high_water.change_sequence


async def next_batch(entries: Entries, consumer: Consumer, limit: int) -> Batch:
    """Read at most `limit` entries behind what a consumer has acknowledged; none is no proof of the end.

    Not linearizable by itself: await `entries.caught_up()` first where that matters.
    """
    found: list[FeedEntry] = []
    position = consumer.acknowledged
    deadline = asyncio.get_running_loop().time() + _SEARCH_SECONDS
    while True:
        page = await entries.after(position, consumer.filter, limit - len(found))
        found += [entry for entry in page.entries if entry.sequence not in consumer.skipped]
        position = page.scanned_through
        at_end = position >= page.high_water.change_sequence
        if at_end or len(found) == limit or asyncio.get_running_loop().time() > deadline:
            return Batch(tuple(found), position, page.high_water)
