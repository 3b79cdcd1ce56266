"""Build the projection again from the log beside the live one, compare row for row, and put it in its place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from axial.common import postgres
from axial.common.event_log import EventLog
from axial.common.log_reader import LogReader
from axial.common.migrate import migrate
from axial.common.postgres import Connection, Statements
from axial.common.recorded import LogSequence, Recorded
from axial.index.load import load_position
from axial.index.projector import SEARCH_PATH, BatchWriter

_REBUILT_PATH = "index_rebuild, feed_rebuild"
_SCHEMAS = {"index": "index_rebuild", "feed": "feed_rebuild"}
# With what names a row in each. `garbage` is what the collector has not done yet, not a fact: the live one has been
# worked off. `scrub` is how far the scrub has come.
_COMPARED = (
    ("feed", "position", "only_row"),
    ("feed", "changes", "sequence"),
    ("feed", "instance_changes", "sequence"),
    ("feed", "visible_changes", "sequence"),
    ("feed", "stale_blocks", "feed, block"),
    ("feed", "datasets", "instance_id"),
    ("index", "resources", "id"),
    ("index", "findable", "level, id"),
    ("index", "instances", "id"),
    ("index", "totals", "only_row"),
    ("index", "metadata", "resource_id, number"),
    ("index", "attachments", "resource_id, number"),
    ("index", "labels", "resource_id, label"),
    ("index", "exports", "sequence"),
    ("index", "exports_position", "only_row"),
    ("index", "damaged_blobs", "blob_key"),
    ("index", "trash", "deletion"),
    ("index", "trash_resources", "deletion, id"),
    ("index", "trash_findable", "deletion, id"),
    ("index", "trash_instances", "deletion, id"),
    ("index", "trash_metadata", "deletion, resource_id, number"),
    ("index", "trash_attachments", "deletion, resource_id, number"),
    ("index", "trash_labels", "deletion, resource_id, label"),
    ("feed", "trash_datasets", "deletion, instance_id"),
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
                    await live.execute(statements["carry_scrub"])
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
    """Fold what is left up to the target; while Postgres writes a batch, the next one is read."""
    batch = await _read(reader, writer.position.log_sequence, target)
    while batch:
        upcoming = asyncio.create_task(_read(reader, batch[-1].sequence, target))
        try:
            await writer.project(batch)
            progress(batch[-1].sequence, target)
            batch = await upcoming
        finally:
            upcoming.cancel()


async def _read(reader: LogReader, done: LogSequence, target: LogSequence) -> list[Recorded]:
    """Read a full batch behind `done`, or what is left of it; empty at the target."""
    batch: list[Recorded] = []
    wanted = min(_BATCH_EVENTS, target - done)
    while len(batch) < wanted:
        more = await reader.next_batch(wanted - len(batch), _PATIENCE_SECONDS)
        if not more:
            raise LogEndedEarly(f"the log is silent behind event {done + len(batch)} of {target}")
        batch += more
    return batch


async def _compare(connection: Connection) -> Comparison:
    """Count, for each table, the rows that only one side has; the whole row counts."""
    comparison = Comparison()
    for schema, table, key in _COMPARED:
        name = key.partition(",")[0]
        row = await connection.fetchrow(
            # Names from the tuple above. A row that differs is one on either side.
            f"SELECT count(live.{name}) AS rows,"  # noqa: S608
            f" count(*) FILTER (WHERE live.{name} IS NULL OR copy.{name} IS NULL)"
            f" + 2 * count(*) FILTER (WHERE live.{name} = copy.{name}"
            "   AND ROW(live.*) IS DISTINCT FROM ROW(copy.*)) AS different"
            f" FROM {schema}.{table} AS live"
            f" FULL JOIN {_SCHEMAS[schema]}.{table} AS copy USING ({key})",
            timeout=_COMPARISON_SECONDS,
        )
        assert row is not None, "an aggregate always has a row"
        comparison.rows[table] = row["rows"]
        if row["different"]:
            comparison.differences[table] = row["different"]
    return comparison


async def _drop(connection: Connection) -> None:
    for copy in _SCHEMAS.values():
        await connection.execute(
            f"DROP SCHEMA IF EXISTS {copy} CASCADE", timeout=_COMPARISON_SECONDS
        )
