"""What becomes of jobs that are done with."""

import asyncio
from contextlib import suppress

import structlog

from axial.common.errors import Unavailable
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.store import JobStore

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 10.0
# A replica that was killed is missed after a lease, one that is alive is heard of within a part of one.
_LOOK_SECONDS = 0.5
# Whoever waits for a job's end looks at it every few seconds, even if no ring reaches them.
_KEPT_SECONDS = 30.0


async def forget_former_jobs(store: JobStore) -> None:
    """Forget the jobs of a service that had ended before this replica came, as soon as that is certain."""
    while True:
        with suppress(Unavailable):
            if await store.forget_former():
                return
        await asyncio.sleep(_LOOK_SECONDS)


class Housekeeping:
    """Forgets jobs beyond the history, removes what they made, and counts the others."""

    def __init__(self, store: JobStore, outputs: Outputs, metrics: JobMetrics) -> None:
        self._store = store
        self._outputs = outputs
        self._metrics = metrics

    async def run(self) -> None:
        """Keep house for ever, through every outage; every replica does."""
        while True:
            try:
                await self.once(_KEPT_SECONDS)
            except Unavailable as error:
                log.debug("housekeeping_interrupted", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def once(self, kept_seconds: float) -> None:
        """Keep house now; raise Unavailable."""
        await self._store.forget(kept_seconds)
        await self._outputs.sweep()
        counts = await self._store.counts()
        self._metrics.show(counts, await self._store.waiting_seconds())
