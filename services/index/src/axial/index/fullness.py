"""How full the archive is, measured again and again: files, database, log."""

import asyncio
from contextlib import suppress

from axial.common.configuration import Configuration
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.postgres import AWAY, Pool, Statements
from axial.index.database import Database
from axial.index.metrics import FullnessMetrics

# Postgres looks at each of its files for its size; nothing fills up within seconds.
_INTERVAL_SECONDS = 15.0
_MEBIBYTE = 1024 * 1024
_LEVELS = ("patients", "studies", "series", "instances")


class Fullness:
    """Keeps the gauges fresh."""

    def __init__(
        self, pool: Pool, log: EventLog, configuration: Configuration, metrics: FullnessMetrics
    ) -> None:
        self._pool = pool
        self._database = Database(pool)
        self._log = log
        self._metrics = metrics
        self._statements = Statements("axial.index.sql")
        mode = configuration.maximum_storage_mode.lower()
        metrics.size_limit.labels(mode).set(configuration.maximum_storage_size * _MEBIBYTE)
        metrics.patients_limit.set(configuration.maximum_patient_count)

    async def run(self) -> None:
        """Measure for ever."""
        while True:
            # Readiness tells of an outage; the figures are as old as it is.
            with suppress(Unavailable, *AWAY):
                await self.measure()
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def measure(self) -> None:
        """Ask the database and the log now."""
        totals = await self._database.read_totals()
        for level in _LEVELS:
            self._metrics.resources.labels(level).set(getattr(totals, level))
        self._metrics.size.set(totals.size_bytes)
        self._metrics.disk_size.set(totals.disk_size_bytes)
        self._metrics.database.set(await self._pool.fetchval(self._statements["measure_database"]))
        state = await self._log.state()
        self._metrics.log.set(state.size_bytes)
        self._metrics.log_end.set(state.end)
