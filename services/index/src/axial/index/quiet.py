"""Put into the log that nothing has happened for a while, so that readers of a quiet archive can prove it.

A window of time is closed once the feeds' time has passed its end. That time is the log's, and stands still
while nothing is appended; an event about the silence moves it on. Every replica names that event alike, after
the one it follows, so a silence is told once.
"""

import time

from axial.common.event_log import EventLog
from axial.common.events import TimePassed
from axial.common.postgres import Pool, Statements
from axial.common.ticks import TICKS_PER_SECOND, from_nanoseconds
from axial.index.noticing import envelope_about, watch


class Quiet:
    """Watches how old the newest event is."""

    def __init__(self, pool: Pool, log_: EventLog, after_seconds: float) -> None:
        self._pool = pool
        self._log = log_
        self._after_ticks = round(after_seconds * TICKS_PER_SECOND)
        self._statements = Statements("axial.index.sql")

    async def run(self) -> None:
        """Watch for ever; an outage only delays the news."""
        await watch(self.notice, "quiet_interrupted")

    async def notice(self) -> bool:
        """Append an event when nothing has happened for long enough; tell whether it was."""
        position = await self._pool.fetchrow(self._statements["load_position"])
        assert position is not None, "the migration puts this row in"
        now = from_nanoseconds(time.time_ns())
        if now - position["ticks"] < self._after_ticks:
            return False
        end = await self._log.end()
        if end != position["log_sequence"]:
            # Something has happened; its own time will be told.
            return False
        envelope = envelope_about(f"time.passed|{end}")
        await self._log.append(TimePassed(), envelope)
        return True
