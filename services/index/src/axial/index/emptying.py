"""Notice whose time in the trash is over, and put that fact into the log.

As with `stability`, the timer is a column, and whoever notices appends the same event id. What the log's clock says
decides: until then the fold refuses, and a deletion that stands in the trash can come back.
"""

import time

from axial.common.event_log import EventLog
from axial.common.events import TrashEmptied
from axial.common.postgres import Pool, Statements
from axial.common.ticks import from_nanoseconds
from axial.index.metrics import TrashMetrics
from axial.index.noticing import envelope_about, watch

# What is left for the next look: the projection has caught up with this one by then.
_BATCH_DELETIONS = 100


class Emptying:
    """Watches how long deletions have been in the trash, and what they take there."""

    def __init__(self, pool: Pool, log_: EventLog, metrics: TrashMetrics) -> None:
        self._pool = pool
        self._log = log_
        self._metrics = metrics
        self._statements = Statements("axial.index.sql")

    async def run(self) -> None:
        """Watch for ever; an outage only delays the end."""
        await watch(self.notice, "emptying_interrupted")

    async def notice(self) -> int:
        """Append an event for each deletion whose time is over; return how many."""
        measured = await self._pool.fetchrow(self._statements["measure_trash"])
        assert measured is not None, "an aggregate always has a row"
        self._metrics.deletions.set(measured["deletions"])
        self._metrics.size.set(measured["disk_size_bytes"])
        now = from_nanoseconds(time.time_ns())
        rows = await self._pool.fetch(self._statements["find_deletions_due"], now, _BATCH_DELETIONS)
        for row in rows:
            envelope = envelope_about(f"trash.emptied|{row['deletion']}")
            await self._log.append(TrashEmptied(deletion=row["deletion"], by="clock"), envelope)
        return len(rows)
