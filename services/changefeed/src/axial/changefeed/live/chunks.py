"""What an event stream sends, from a position on and without end."""

import asyncio
from collections.abc import AsyncGenerator

from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.reader import Entries, EntryPage
from axial.changefeed.live.framing import OPENING, events, heartbeat
from axial.changefeed.live.metrics import LiveMetrics
from axial.common.errors import Unavailable

# About 100 KB: what a stream holds besides its socket's buffer.
PAGE_ENTRIES = 200
# While Postgres is away, it is asked again after this long.
_OUTAGE_PAUSE_SECONDS = 1.0


async def chunks(
    entries: Entries,
    metrics: LiveMetrics,
    since: int,
    first: EntryPage,
    wanted: Filter,
    heartbeat_seconds: float,
) -> AsyncGenerator[bytes, None]:
    """Yield the entries of the first page behind `since`, then all that follow; heartbeats between.

    An outage is sat out: a browser whose stream is answered 503 would never come again.
    """
    loop = asyncio.get_running_loop()
    # Whoever listens from now on can resume from here, though nothing may have happened.
    yield OPENING + heartbeat(since)
    beat_at = loop.time() + heartbeat_seconds
    page = first
    while True:
        if page.entries:
            metrics.events.inc(len(page.entries))
            yield events(page.entries)
            beat_at = loop.time() + heartbeat_seconds
        position = page.scanned_through
        if loop.time() >= beat_at:
            yield heartbeat(position)
            beat_at = loop.time() + heartbeat_seconds
        try:
            if position >= page.high_water.change_sequence:
                await entries.wait_beyond(position, beat_at - loop.time())
            page = await entries.after(position, wanted, PAGE_ENTRIES)
        except Unavailable:
            await asyncio.sleep(_OUTAGE_PAUSE_SECONDS)
            page = EntryPage((), position, page.high_water)
