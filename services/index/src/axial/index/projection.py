"""How far the projection is behind the log, and the wait until it is not."""

import asyncio
import time
from contextlib import suppress

from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.postgres import AWAY, Pool, Statements, away_is_unavailable
from axial.common.recorded import LogSequence
from axial.index.metrics import IndexMetrics

# Waiting for the projection: longer than any batch takes, shorter than a client's patience.
_WITHIN_SECONDS = 10.0
_POLL_SECONDS = 0.05
_LAG_INTERVAL_SECONDS = 5.0


class Projection:
    """The position of the projection, whichever replica leads."""

    def __init__(self, pool: Pool, log: EventLog, metrics: IndexMetrics) -> None:
        self._pool = pool
        self._log = log
        self._metrics = metrics
        self._statements = Statements("axial.index.sql")

    async def caught_up(self) -> None:
        """Return once every event that is in the log now has been projected; else raise Unavailable."""
        end = await self._log.end()
        try:
            async with away_is_unavailable(), asyncio.timeout(_WITHIN_SECONDS):
                while await self.position() < end:  # noqa: ASYNC110 - the state is Postgres's
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise Unavailable("The index has not caught up with the log yet.") from error

    async def position(self) -> LogSequence:
        """Read where the projection stands."""
        row = await self._pool.fetchrow(self._statements["load_position"])
        assert row is not None, "the migration puts this row in"
        return LogSequence(row["log_sequence"])

    async def measure_lag(self) -> None:
        """Keep the lag metric fresh, for ever."""
        while True:
            # Readiness tells of an outage; the lag is unknown then, not zero.
            with suppress(Unavailable, *AWAY):
                await self.look()
            await asyncio.sleep(_LAG_INTERVAL_SECONDS)

    async def look(self) -> None:
        """Measure the lag now, in events and in time."""
        end, position = await self._log.end(), await self.position()
        self._metrics.lag.set(max(0, end - position))
        seconds = 0.0
        if position < end:
            oldest = await self._log.recorded_at(LogSequence(position + 1))
            # The clocks of two machines: what is from the future is new.
            seconds = max(0.0, time.time() - oldest.timestamp())
        self._metrics.lag_seconds.set(seconds)
