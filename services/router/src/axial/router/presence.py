"""That this replica is alive: what it has in hand is its own for as long as the others believe so.

Rows in hand name their replica. `replicas` holds those that are alive, so a row whose replica is not there is anybody's
to take. A replica that cannot say that it is alive stops believing it before the others do.
"""

import asyncio
import time
import uuid
from contextlib import suppress

import structlog

from axial.common.errors import Unavailable
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.bell import Bell

log = structlog.get_logger(__name__)

# Several chances to be heard within one lease.
_BEATS_PER_LEASE = 5


class Presence:
    """Keeps this process among the replicas, and takes out those that have died."""

    def __init__(self, pool: Pool, bell: Bell, lease_seconds: float) -> None:
        #: This process, in rows: another one even after a restart.
        self.id = uuid.uuid4()
        self._pool = pool
        self._bell = bell
        self._lease_seconds = lease_seconds
        self._statements = Statements("axial.router.sql")
        self._kept_at = float("-inf")
        #: How often it was uncertain so far: what was taken in hand in an earlier term may be another's by now.
        self.term = 0

    @property
    def is_certain(self) -> bool:
        """Whether what this replica has in hand is certainly its own; else it must let go of it."""
        return time.monotonic() - self._kept_at < self._lease_seconds

    async def keep(self) -> None:
        """Say that we are alive; raise Unavailable."""
        begun = time.monotonic()
        async with away_is_unavailable():
            await self._pool.execute(self._statements["keep_replica"], self.id)
        if not self.is_certain:
            self.term += 1
        # Counted from before the question: Postgres counts from its answer.
        self._kept_at = begun

    async def run(self) -> None:
        """Say so for ever, and wake the others' work when a replica has died."""
        while True:
            try:
                await self.keep()
                async with away_is_unavailable():
                    dead = await self._pool.fetch(
                        self._statements["drop_dead_replicas"], self._lease_seconds
                    )
                if dead:
                    log.warning("replicas_died", count=len(dead))
                    await self._ring()
            except Unavailable as error:
                log.debug("presence_interrupted", error=type(error).__name__)
            await asyncio.sleep(self._lease_seconds / _BEATS_PER_LEASE)

    async def leave(self) -> None:
        """Let others take over at once what may still be ours."""
        self._kept_at = float("-inf")
        with suppress(Unavailable):
            async with away_is_unavailable():
                await self._pool.execute(self._statements["leave"], self.id)
            await self._ring()

    async def _ring(self) -> None:
        async with away_is_unavailable():
            for topic in ("jobs", "deliveries"):
                await self._pool.execute("SELECT pg_notify('router', $1)", topic)
