"""Build the projection again from the log beside the live one, compare row for row, and put it in its place."""

from collections.abc import Callable
from dataclasses import dataclass, field

from axial.common import postgres
from axial.common.event_log import EventLog
from axial.common.log_reader import LogReader
from axial.common.migrate import migrate
from axial.common.postgres import Connection, Statements
from axial.common.recorded import LogSequence
from axial.index.load import load_position
from axial.index.projector import SEARCH_PATH, BatchWriter

_REBUILT_PATH = "index_rebuild, feed_rebuild"
_SCHEMAS = {"index": "index_rebuild", "feed": "feed_rebuild"}
# `garbage` is what the collector has not done yet, not a fact: the live one has been worked off.
_COMPARED = (
    ("feed", "position"),
    ("feed", "changes"),
    ("feed", "instance_changes"),
    ("feed", "visible_changes"),
    ("feed", "stale_blocks"),
    ("feed", "datasets"),
    ("index", "resources"),
    ("index", "findable"),
    ("index", "instances"),
    ("index", "totals"),
    ("index", "metadata"),
    ("index", "attachments"),
    ("index", "labels"),
)
_BATCH_EVENTS = 1000
# The log has these events already: silence this long means that it is away.
_PATIENCE_SECONDS = 30.0
# Comparing hundreds of millions of rows takes as long as it takes; this only bounds a server that hangs.
_COMPARISON_SECONDS = 24 * 3600.0

Progress = Callable[[int, int], None]


class LogEndedEarly(Exception):
    """The log does not reach the live projection's position: it is not the log that was projected."""


@dataclass(slots=True)
class Comparison:
    """How the rebuilt projection compares with the live one."""

    events: int = 0
    #: Rows compared, by table.
    rows: dict[str, int] = field(default_factory=dict)
    #: Rows that only one of the two has, by table; empty when they are identical.
    differences: dict[str, int] = field(default_factory=dict)
    swapped: bool = False


async def rebuild(
    database_url: str,
    log: EventLog,
    *,
    swap: bool,
    swap_when_different: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Comparison:
    """Fold the whole log anew and compare; with `swap` the new tables take the live ones' place.

    The service may go on running: it is held only for the last events, the comparison and the renaming.
    """
    statements = Statements("axial.index.sql")
    connection = await postgres.connect(database_url, _REBUILT_PATH, projecting=True)
    live = await postgres.connect(database_url, SEARCH_PATH)
    try:
        await _drop(connection)
        for schema, copy in _SCHEMAS.items():
            await migrate(connection, copy, f"axial.index.migrations.{schema}")
        writer = await BatchWriter.open(connection)
        async with log.read(LogSequence(0)) as reader:
            target = (await load_position(live, statements)).log_sequence
            await _fold_to(writer, reader, target, progress)
            async with live.transaction():
                # Readers go on; the projector's one statement waits here, then finds the new tables.
                await live.execute("LOCK TABLE feed.position IN EXCLUSIVE MODE")
                target = (await load_position(live, statements)).log_sequence
                await _fold_to(writer, reader, target, progress)
                comparison = await _compare(live)
                comparison.events = target
                if swap and (swap_when_different or not comparison.differences):
                    for schema, copy in _SCHEMAS.items():
                        await live.execute(f"ALTER SCHEMA {schema} RENAME TO {schema}_before")
                        await live.execute(f"ALTER SCHEMA {copy} RENAME TO {schema}")
                        await live.execute(f"ALTER SCHEMA {schema}_before RENAME TO {copy}")
                    comparison.swapped = True
        await _drop(connection)
        return comparison
    finally:
        live.terminate()
        connection.terminate()


async def _fold_to(
    writer: BatchWriter, reader: LogReader, target: LogSequence, progress: Progress
) -> None:
    while (done := writer.position.log_sequence) < target:
        batch = await reader.next_batch(min(_BATCH_EVENTS, target - done), _PATIENCE_SECONDS)
        if not batch:
            raise LogEndedEarly(f"the log is silent behind event {done} of {target}")
        await writer.project(batch)
        progress(batch[-1].sequence, target)


async def _compare(connection: Connection) -> Comparison:
    """Count, for each table, the rows that only one side has; the whole row counts."""
    comparison = Comparison()
    for schema, table in _COMPARED:
        live, copy = f"{schema}.{table}", f"{_SCHEMAS[schema]}.{table}"
        comparison.rows[table] = await connection.fetchval(
            f"SELECT count(*) FROM {live}",  # noqa: S608 - names from the tuple above
            timeout=_COMPARISON_SECONDS,
        )
        different = await connection.fetchval(
            f"SELECT count(*) FROM ((TABLE {live} EXCEPT ALL TABLE {copy})"  # noqa: S608
            f" UNION ALL (TABLE {copy} EXCEPT ALL TABLE {live})) AS different",
            timeout=_COMPARISON_SECONDS,
        )
        if different:
            comparison.differences[table] = different
    return comparison


async def _drop(connection: Connection) -> None:
    for copy in _SCHEMAS.values():
        await connection.execute(
            f"DROP SCHEMA IF EXISTS {copy} CASCADE", timeout=_COMPARISON_SECONDS
        )
