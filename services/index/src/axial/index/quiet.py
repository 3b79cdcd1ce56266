"""Put into the log that nothing has happened for a while, so that readers of a quiet archive can prove it.

A window of time is closed once the feeds' time has passed its end. That time is the log's, and stands still
while nothing is appended; an event about the silence moves it on. Every replica names that event alike, after
the one it follows, so a silence is told once.
"""

import asyncio
import hashlib
import time
from datetime import UTC, datetime

import structlog

from axial.common.errors import AxialError
from axial.common.event_log import EventLog
from axial.common.events import Envelope, TimePassed
from axial.common.postgres import AWAY, Pool, Statements
from axial.common.ticks import TICKS_PER_SECOND, from_nanoseconds

log = structlog.get_logger(__name__)

_INTERVAL_SECONDS = 1.0


class Quiet:
    """Watches how old the newest event is."""

    def __init__(self, pool: Pool, log_: EventLog, after_seconds: float) -> None:
        self._pool = pool
        self._log = log_
        self._after_ticks = round(after_seconds * TICKS_PER_SECOND)
        self._statements = Statements("axial.index.sql")

    async def run(self) -> None:
        """Watch for ever; an outage only delays the news."""
        while True:
            try:
                await self.notice()
            except (AxialError, *AWAY) as error:
                log.warning("quiet_interrupted", error=type(error).__name__)
            await asyncio.sleep(_INTERVAL_SECONDS)

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
        envelope = Envelope(
            id=hashlib.sha256(f"time.passed|{end}".encode()).hexdigest()[:32],
            source="axial/index",
            time=datetime.now(UTC),
        )
        await self._log.append(TimePassed(), envelope)
        return True
