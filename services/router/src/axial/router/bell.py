"""How replicas wake one another: Postgres tells all of them when there is something to do.

A ring that is lost costs time, never work: whoever waits looks again by itself after a while.
"""

import asyncio
from collections import Counter
from typing import Any, Literal, TypeAlias

import structlog

from axial.common.postgres import AWAY, Connection, connect

log = structlog.get_logger(__name__)

Topic: TypeAlias = Literal["jobs", "deliveries", "destinations", "rules"]

#: Statements ring by `SELECT pg_notify('router', 'jobs')`, heard when they are committed.
CHANNEL = "router"
_RECONNECT_SECONDS = 0.5
# A connection that is cut without a word is found so.
_ALIVE_SECONDS = 10.0


class Bell:
    """Counts rings by topic, for those who wait for the next one."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._rings: Counter[str] = Counter()
        self._rang = asyncio.Event()

    def heard(self, topic: Topic) -> int:
        """Tell how often it rang: to be asked for before looking whether there is something to do."""
        return self._rings[topic]

    async def after(self, topic: Topic, heard: int, at_most_seconds: float) -> None:
        """Return once it has rung more often than that, or after a while."""
        try:
            async with asyncio.timeout(at_most_seconds):
                while self._rings[topic] <= heard:
                    await self._rang.wait()
        except TimeoutError:
            pass

    def ring(self, topic: Topic) -> None:
        """Wake those who wait in this process."""
        self._rings[topic] += 1
        rang, self._rang = self._rang, asyncio.Event()
        rang.set()

    async def run(self) -> None:
        """Listen for ever, through every outage of Postgres."""
        while True:
            try:
                connection = await connect(self._url, "router")
                try:
                    await self._listen(connection)
                finally:
                    connection.terminate()
            except AWAY as error:
                log.debug("bell_interrupted", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        def on_ring(_connection: Any, _pid: int, _channel: str, topic: Any) -> None:
            self.ring(topic)

        await connection.add_listener(CHANNEL, on_ring)
        # What rang while nobody listened.
        for topic in ("jobs", "deliveries", "destinations", "rules"):
            self.ring(topic)
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            await connection.execute("SELECT 1")
