"""How far the projection is behind the log, and the wait until it is not."""

import asyncio

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
            try:
                self._metrics.lag.set(max(0, await self._log.end() - await self.position()))
            except (Unavailable, *AWAY):
                pass  # readiness tells of the outage; the lag is unknown, not zero
            await asyncio.sleep(_LAG_INTERVAL_SECONDS)
