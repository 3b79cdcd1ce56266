"""The scrub's figures, from the tables: whichever replica is asked, and whichever looks."""

import asyncio
import time
from contextlib import suppress
from typing import get_args

from axial.common.events import Damage
from axial.common.postgres import AWAY, Pool, Statements
from axial.index.scrub.metrics import ScrubMetrics
from axial.index.scrub.pace import Clock, share_before

_INTERVAL_SECONDS = 15.0


class Figures:
    """Keeps the gauges fresh."""

    def __init__(
        self,
        pool: Pool,
        metrics: ScrubMetrics,
        period_seconds: float,
        clock: Clock = time.time,
    ) -> None:
        self._pool = pool
        self._metrics = metrics
        self._clock = clock
        self._statements = Statements("axial.index.sql")
        metrics.period.set(period_seconds)

    async def run(self) -> None:
        """Measure for ever."""
        while True:
            # Readiness tells of an outage; the figures are as old as it is.
            with suppress(*AWAY):
                await self.measure()
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def measure(self) -> None:
        """Read what the tables say now."""
        counts = {
            row["damage"]: row["blobs"]
            for row in await self._pool.fetch(self._statements["count_damaged"])
        }
        for damage in get_args(Damage):
            self._metrics.damaged.labels(damage).set(counts.get(damage, 0))
        row = await self._pool.fetchrow(self._statements["load_scrub"])
        assert row is not None, "the migration puts this row in"
        began_at = row["began_at"]
        self._metrics.age.set(0 if began_at is None else max(0.0, self._clock() - began_at))
        self._metrics.position.set(share_before(row["resource_id"]))
