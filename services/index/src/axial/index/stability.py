"""Notice that a patient, study or series has come to rest, and put that fact into the log.

The timer is a column of the projection, not a thread's memory: it survives every restart. Whoever notices
appends the same event id, so a quiet period is one event however many replicas there are, and the fold tells
it once (Orthanc keeps its timers in the memory of one process, and forgets them with it).
"""

import time

from axial.common.event_log import EventLog
from axial.common.events import ResourceStabilized
from axial.common.identifiers import Level
from axial.common.postgres import Pool, Statements
from axial.common.ticks import TICKS_PER_SECOND, from_nanoseconds
from axial.index.noticing import envelope_about, watch

# What is left for the next look: the projection has caught up with this one by then.
_BATCH_RESOURCES = 1000


class Stability:
    """Watches the resources that instances have reached lately."""

    def __init__(self, pool: Pool, log_: EventLog, stable_age_seconds: int) -> None:
        self._pool = pool
        self._log = log_
        self._stable_age_seconds = stable_age_seconds
        self._statements = Statements("axial.index.sql")

    async def run(self) -> None:
        """Watch for ever; an outage only delays the news."""
        await watch(self.notice, "stability_interrupted")

    async def notice(self) -> int:
        """Append an event for each resource that has been quiet for long enough; return how many."""
        quiet_since = from_nanoseconds(time.time_ns()) - self._stable_age_seconds * TICKS_PER_SECOND
        rows = await self._pool.fetch(self._statements["find_quiet"], quiet_since, _BATCH_RESOURCES)
        for row in rows:
            envelope = envelope_about(f"{row['id']}|{row['arrived_ticks']}")
            event = ResourceStabilized(
                level=Level(row["level"]),
                resource_id=row["id"],
                arrived_ticks=row["arrived_ticks"],
            )
            await self._log.append(event, envelope)
        return len(rows)
