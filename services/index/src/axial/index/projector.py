"""Fold the log into Postgres: one elected writer, whatever has arrived, one transaction."""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
import nats.errors
import structlog
from nats.aio.client import Client

from axial.common import postgres
from axial.common.errors import AxialError, Unavailable
from axial.common.event_log import EventLog
from axial.common.leadership import Role, win
from axial.common.outcomes import Outcome
from axial.common.postgres import Connection, Statements
from axial.common.recorded import Recorded
from axial.index.fold import Fold
from axial.index.load import load_position, load_state
from axial.index.metrics import IndexMetrics
from axial.index.parts import parts
from axial.index.state import Position
from axial.index.write import Fenced, write_batch

log = structlog.get_logger(__name__)
# Asked first: structlog takes ten microseconds to find out that nobody wants a line.
_log_level = logging.getLogger(__name__)

SEARCH_PATH = "index, feed"
# After an outage of an engine; it is back within seconds, or somebody is already being paged.
_RECOVERY_SECONDS = 0.5
# Enough to share a commit among everything in flight, small enough to bound a transaction.
_BATCH_EVENTS = 256
# From one commit to the next, while nobody waits for an outcome: a modality that sends instance after instance would
# cost a commit each, and most of what they cost here. Whoever reads what was just sent waits so long for it.
PACE_SECONDS = 0.03
# How long a quiet leader waits before it looks whether its connection still stands.
_QUIET_SECONDS = 2.0


class LogTooShort(AxialError):
    """The log was lost or restored, and the index was not: what is appended now would never be folded."""


class Projector:
    """The one writer of schemas `index` and `feed`; any replica may be it, never two at a time.

    The advisory lock elects; the compare-and-set on the position fences whoever still believes to lead.
    An event that cannot be folded stops the process: skipping it would make the history lie.
    """

    def __init__(
        self, database_url: str, log_: EventLog, client: Client, metrics: IndexMetrics
    ) -> None:
        self._database_url = database_url
        self._log = log_
        self._nats = client
        self._metrics = metrics

    async def run(self) -> None:
        """Project for ever, through every outage of an engine."""
        while True:
            try:
                # The log is on disk; Postgres need not be. After a crash the position has gone back with the
                # rows, and folding on from there makes the same rows again.
                connection = await postgres.connect(
                    self._database_url, SEARCH_PATH, projecting=True
                )
                try:
                    await self._lead(connection)
                finally:
                    self._metrics.leader.set(0)
                    connection.terminate()
            except asyncpg.DataError:
                # asyncpg counts a value that it cannot encode among its interface errors; it is no outage.
                raise
            except (Unavailable, Fenced, *postgres.AWAY) as error:
                log.warning("projector_interrupted", error=type(error).__name__)
            await asyncio.sleep(_RECOVERY_SECONDS)

    async def _lead(self, connection: Connection) -> None:
        await win(connection, Role.PROJECTOR)
        writer = await BatchWriter.open(connection)
        position = writer.position.log_sequence
        if (end := await self._log.end()) < position:
            raise LogTooShort(f"the index stands at event {position}, and the log ends with {end}")
        log.info("projector_leads", sequence=position)
        self._metrics.leader.set(1)
        self._metrics.position.set(position)
        clock = asyncio.get_running_loop().time
        due = 0.0
        async with self._log.read(position) as reader:
            while True:
                batch = await reader.next_batch(_BATCH_EVENTS, _QUIET_SECONDS)
                while not _is_urgent(batch) and (left := due - clock()) > 0:
                    batch += await reader.next_batch(_BATCH_EVENTS - len(batch), left)
                if batch:
                    due = clock() + PACE_SECONDS
                    await self._project(writer, batch)
                else:
                    # A connection that died in silence has lost the lock with it.
                    await connection.execute("SELECT 1")

    async def _project(self, writer: "BatchWriter", batch: Sequence[Recorded]) -> None:
        started = time.perf_counter()
        outcomes = await writer.project(batch)
        for recorded, outcome in zip(batch, outcomes, strict=True):
            self._metrics.events.labels(recorded.event.type, outcome.decision).inc()
            self._metrics.recycled.inc(outcome.recycled_patients)
            if recorded.reply_to:
                await self._answer(recorded.reply_to, outcome)
        self._metrics.position.set(batch[-1].sequence)
        self._metrics.batch_size.observe(len(batch))
        seconds = time.perf_counter() - started
        self._metrics.batch_duration.observe(seconds)
        if _log_level.isEnabledFor(logging.DEBUG):
            log.debug(
                "batch_projected",
                count=len(batch),
                to_sequence=batch[-1].sequence,
                duration_seconds=seconds,
            )

    async def _answer(self, reply_to: str, outcome: Outcome) -> None:
        """Tell whoever waits, after the commit: it may read now what it wrote."""
        # An outage costs the waiter its patience; the fact is committed.
        with suppress(nats.errors.Error):
            await self._nats.publish(reply_to, outcome.model_dump_json().encode())


def _is_urgent(batch: Sequence[Recorded]) -> bool:
    """Tell whether more shall not be waited for: somebody waits, it is enough, or it is nothing."""
    return len(batch) in (0, _BATCH_EVENTS) or any(recorded.reply_to for recorded in batch)


class BatchWriter:
    """Loads, folds and writes batch after batch over one connection.

    It remembers where it stands, which spares a query a batch; the fence in `write_batch` finds out when that
    is no longer true.
    """

    def __init__(self, connection: Connection, statements: Statements, position: Position) -> None:
        self._connection = connection
        self._statements = statements
        self.position = position

    @classmethod
    async def open(cls, connection: Connection) -> "BatchWriter":
        """Begin where the tables stand."""
        statements = Statements("axial.index.sql")
        return cls(connection, statements, await load_position(connection, statements))

    async def project(self, batch: Sequence[Recorded]) -> list[Outcome]:
        """Commit what has arrived; return what was decided about each event, or raise Fenced.

        It is one commit, but for events that are folded alone.
        """
        return [outcome for part in parts(batch) for outcome in await self._project_together(part)]

    async def _project_together(self, batch: Sequence[Recorded]) -> list[Outcome]:
        if batch[0].sequence != self.position.log_sequence + 1:
            raise Fenced(
                f"at {self.position.log_sequence}, and the batch begins with {batch[0].sequence}"
            )
        state = await load_state(
            self._connection, self._statements, dataclasses.replace(self.position), batch
        )
        fold = Fold(state)
        outcomes = [fold.apply(recorded) for recorded in batch]
        await write_batch(
            self._connection, self._statements, self.position, fold.state, fold.effects
        )
        self.position = fold.state.position
        return outcomes
