"""Remove the blobs that nothing refers to any more, after the commit that said so."""

import asyncio

import structlog

from axial.common import postgres
from axial.common.blobs import BlobStore
from axial.common.collection import may_collect
from axial.common.errors import AxialError
from axial.common.postgres import Pool, Statements
from axial.common.recorded import LogSequence
from axial.index.metrics import IndexMetrics

log = structlog.get_logger(__name__)

# One transaction's worth: small, because its rows stay locked while their blobs are removed.
_BATCH_BLOBS = 100
# Space is in no hurry; and whoever was led to a blob before it was replaced has at least as long to open it.
_INTERVAL_SECONDS = 5.0
_ALL = LogSequence(2**63 - 1)


class Collector:
    """Works off the `garbage` table; replicas share it, as rows in hand are skipped by the others.

    The row goes after its blob: a crash between them removes the blob twice, which is harmless, and never
    forgets one.
    """

    def __init__(self, pool: Pool, blobs: BlobStore, metrics: IndexMetrics) -> None:
        self._pool = pool
        self._blobs = blobs
        self._metrics = metrics
        self._statements = Statements("axial.index.sql")

    async def run(self) -> None:
        """Collect for ever what has been garbage since the last time; an outage only delays it."""
        since = LogSequence(0)
        while True:
            try:
                while await self.collect(since) == _BATCH_BLOBS:
                    pass
                since = await self._position()
            except (AxialError, *postgres.AWAY) as error:
                log.warning("collector_interrupted", error=type(error).__name__)
            await asyncio.sleep(_INTERVAL_SECONDS)

    async def _position(self) -> LogSequence:
        return LogSequence(await self._pool.fetchval(self._statements["load_position"]))

    async def collect(self, since: LogSequence = _ALL) -> int:
        """Remove one batch of the blobs that no event up to this one has left in use; return how many.

        None while a backup copies blobs.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await may_collect(connection):
                return 0
            rows = await connection.fetch(self._statements["collect_next"], _BATCH_BLOBS, since)
            keys = [row["blob_key"] for row in rows]
            for key in keys:
                await self._blobs.delete(key)
            await connection.execute(self._statements["collect_done"], keys)
            waiting = await connection.fetchval(self._statements["count_garbage"])
        self._metrics.collected.inc(len(keys))
        self._metrics.garbage.set(waiting)
        log.debug("blobs_collected", count=len(keys))
        return len(keys)
