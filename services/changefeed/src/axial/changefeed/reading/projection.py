"""Reads that include every event acknowledged before they came.

A read asks for the log's end, waits until the projection has got there, and checks the position that its
own snapshot was taken at: an answer that could miss an acknowledged event is never given.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn, Protocol, TypeVar

import structlog

from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.database import AWAY, SQL
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.rows import Standing
from axial.changefeed.reading.snapshot import Snapshot
from axial.changefeed.reading.stale_blocks import StaleBlocks
from axial.common.errors import Unavailable
from axial.common.postgres import Connection, Statements, connect
from axial.common.recorded import LogSequence

log = structlog.get_logger(__name__)

# The channel the projector notifies in every commit.
_CHANNEL = "feed"
# A notification that got lost is made up for after this long; one row a second costs nothing.
_POLL_SECONDS = 1.0
# A restarting Postgres is found again within this time.
_RECONNECT_SECONDS = 0.2
# Without this, a connection whose other end vanished without a word would be trusted for the pool's 30 s.
_ANSWER_TIMEOUT_SECONDS = 5.0
# An ended process waits for its connection's farewell no longer than this.
_CLOSE_TIMEOUT_SECONDS = 1.0
# Who asks for news again and again must not spin while the service is stopping.
_LAST_PAUSE_SECONDS = 0.05


class Read(Protocol):
    """Something read from the feeds, with the position it was read at."""

    @property
    def high_water(self) -> HighWater:
        """The position in the snapshot of the read."""
        ...


ReadT = TypeVar("ReadT", bound=Read)


class Projection:
    """Where the projection stands, followed by LISTEN; lets reads wait for it."""

    def __init__(
        self,
        database_url: str,
        log_end: Callable[[], Awaitable[LogSequence]],
        metrics: ChangefeedMetrics,
        wait_seconds: float,
    ) -> None:
        self._database_url = database_url
        self._log_end = log_end
        self._metrics = metrics
        self._wait_seconds = wait_seconds
        self._statements = Statements(SQL)
        self._seen: HighWater | None = None
        self._moved = asyncio.Event()
        self._outage_told = False
        #: Which rows are shown otherwise than they were, by events up to the position seen.
        self.stale = StaleBlocks()
        self._stopping = False

    @property
    def seen(self) -> HighWater | None:
        """The position last seen; None before the first."""
        return self._seen

    @property
    def setbacks(self) -> int:
        """How often the database went back, or may have become another: rows in memory are not to be trusted."""
        return self.stale.era

    async def until(self, reached: Callable[[HighWater], bool]) -> HighWater:
        """Return the first position seen from now on, the present one included, that is far enough."""
        while self._seen is None or not reached(self._seen):
            await self._moved.wait()
        return self._seen

    async def news(self, reached: Callable[[HighWater], bool], seconds: float) -> HighWater:
        """Wait for a position that is far enough, until the time is up or the service stops.

        Return the newest position seen; Unavailable when none was. Nothing is asked of the database.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.until(lambda seen: self._stopping or reached(seen))
        if self._stopping:
            await asyncio.sleep(_LAST_PAUSE_SECONDS)
        if self._seen is None:
            raise Unavailable("The database is not available at the moment.")
        return self._seen

    async def let_go(self, stopping: asyncio.Event) -> None:
        """Let everybody go who waits for news, as soon as the service is asked to stop."""
        await stopping.wait()
        self._stopping = True
        self._wake()

    async def caught_up(self, within_seconds: float | None = None) -> HighWater:
        """Return the position once it has reached the log's end of now; Unavailable when not in time."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(within_seconds or self._wait_seconds):
                high_water = await self._reached(await self._log_end())
        except TimeoutError as error:
            raise self._late() from error
        self._metrics.wait.observe(time.perf_counter() - started)
        return high_water

    async def read(self, fetch: Callable[[], Awaitable[ReadT]]) -> ReadT:
        """Fetch from a snapshot that includes all of the log as of now; Unavailable when not in time."""
        return await self.read_at(await self.caught_up(), fetch)

    async def read_at(self, high_water: HighWater, fetch: Callable[[], Awaitable[ReadT]]) -> ReadT:
        """Fetch from a snapshot that is at least at a position; Unavailable when not in time."""
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        end = high_water.log_sequence
        while True:
            fetched = await fetch()
            if fetched.high_water.log_sequence >= end:
                return fetched
            # The database is behind what it has shown before, as after a restored backup.
            self._advance(fetched.high_water)
            try:
                async with asyncio.timeout_at(deadline):
                    await self._reached(end)
            except TimeoutError as error:
                raise self._late() from error

    async def follow(self) -> NoReturn:
        """Keep up with the projector for ever, through every restart of Postgres."""
        while True:
            try:
                connection = await connect(self._database_url, "feed")
                await self._listen(connection)
            except AWAY as error:
                if not self._outage_told:  # once an outage, not once an attempt
                    log.warning("engine_away", engine="postgres", error=type(error).__name__)
                self._outage_told = True
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> NoReturn:
        stirred = asyncio.Event()

        def stir(*_: object) -> None:
            stirred.set()

        # This may be another database than the one before.
        self.stale.forget()
        try:
            connection.add_termination_listener(stir)
            await connection.add_listener(_CHANNEL, stir)
            while True:
                # Cleared before the position is read: what comes meanwhile is looked at next.
                stirred.clear()
                await self._look(Snapshot(connection, self._statements))
                self._outage_told = False
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await stirred.wait()
        finally:
            await _close(connection)

    async def _look(self, snapshot: Snapshot) -> None:
        """See the position together with the marks up to it: nobody knows the one without the other."""
        era = self.stale.era
        standing = await _standing(snapshot, self.stale.through)
        if era != self.stale.era or self._is_setback(standing.high_water):
            self.stale.forget()
            standing = await _standing(snapshot, self.stale.through)
        self.stale.learn(standing.high_water.log_sequence, standing.marks)
        self._advance(standing.high_water)

    async def _reached(self, end: LogSequence) -> HighWater:
        return await self.until(lambda seen: seen.log_sequence >= end)

    def _advance(self, high_water: HighWater) -> None:
        """Believe a position, and wake everybody who waits, together."""
        if high_water == self._seen:
            return
        if self._is_setback(high_water) and high_water.log_sequence < self.stale.through:
            self.stale.forget()
        self._seen = high_water
        self._metrics.show(high_water)
        self._wake()

    def _is_setback(self, high_water: HighWater) -> bool:
        return self._seen is not None and high_water.log_sequence < self._seen.log_sequence

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _late(self) -> Unavailable:
        self._metrics.not_caught_up.inc()
        return Unavailable("The projection has not caught up with the event log yet.")


async def _standing(snapshot: Snapshot, known: LogSequence) -> Standing:
    async with asyncio.timeout(_ANSWER_TIMEOUT_SECONDS):
        return await snapshot.standing(known)


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_TIMEOUT_SECONDS)
    except AWAY:
        connection.terminate()
