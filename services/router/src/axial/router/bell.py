"""How replicas wake one another: Postgres tells all of them when there is something to do.

A ring that is lost costs time, never work: whoever waits looks again by itself after a while.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias, get_args

import structlog

from axial.common.postgres import AWAY, Connection, connect

log = structlog.get_logger(__name__)

Topic: TypeAlias = Literal["jobs", "deliveries", "ended", "destinations", "rules"]

#: Statements ring by `SELECT pg_notify('router', 'jobs')`, heard when they are committed; or for a part of a topic, by
#: `'deliveries/7'`.
CHANNEL = "router"
_RECONNECT_SECONDS = 0.5
# A connection that is cut without a word is found so.
_ALIVE_SECONDS = 10.0


class Bell:
    """Counts rings by topic, for those who wait for the next one."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._rings: Counter[str] = Counter()
        self._claimed: set[str] = set()
        self._rang = asyncio.Event()

    @contextmanager
    def claimed(self, topic: Topic, part: object) -> Iterator[str]:
        """Hear what rings for a part of a topic, which nobody else in this process is to look at for so long.

        Gives the name by which to wait for it. Whoever waits for the whole topic looks at what rang too late for us:
        that is for the caller to say, by `ring`.
        """
        name = f"{topic}/{part}"
        self._claimed.add(name)
        try:
            yield name
        finally:
            self._claimed.discard(name)
            del self._rings[name]

    def heard(self, topic: str) -> int:
        """Tell how often it rang: to be asked for before looking whether there is something to do."""
        return self._rings[topic]

    async def after(self, topic: str, heard: int, at_most_seconds: float) -> None:
        """Return once it has rung more often than that, or after a while."""
        try:
            async with asyncio.timeout(at_most_seconds):
                while self._rings[topic] <= heard:
                    await self._rang.wait()
        except TimeoutError:
            pass

    def ring(self, topic: str) -> None:
        """Wake those who wait in this process: for a part whoever has claimed it, for all of a topic everybody."""
        whole, _, part = topic.partition("/")
        if not part:
            self._rings.update(name for name in self._claimed if name.startswith(f"{whole}/"))
        self._rings[topic if topic in self._claimed else whole] += 1
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
        for topic in get_args(Topic):
            self.ring(topic)
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            await connection.execute("SELECT 1")
