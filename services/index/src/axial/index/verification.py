"""Prove that log, index and blobs agree: counts, sizes, MD5s, the tree, and the feeds' numbering."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import asyncpg

from axial.common import postgres
from axial.common.annotation_names import CoreContent
from axial.common.blobs import BlobStore
from axial.common.event_log import EventLog
from axial.common.events import AttachmentCompressionChangeRequested, InstanceReceived
from axial.common.postgres import Connection, Statements
from axial.common.recorded import LogSequence
from axial.index.load import load_position
from axial.index.projector import SEARCH_PATH
from axial.index.soundness import Flaw, Kept, find_flaw, kept_blobs

# Each check is a query whose rows are the differences: `verify_<name>.sql`.
_CHECKS = (
    "changes_numbering",
    "instance_changes_numbering",
    "instance_changes_times",
    "visible_changes",
    "cross_references",
    "chains",
    "child_counts",
    "series_completion",
    "orphans",
    "findable",
    "instances",
    "totals",
    "exports_numbering",
    "damaged_blobs",
    "trash",
)
_PAGE_ROWS = 500
_LOG_BATCH_EVENTS = 500
_LOG_PATIENCE_SECONDS = 30.0
# Bounds a server that hangs; counting hundreds of millions of rows takes as long as it takes.
_QUERY_SECONDS = 24 * 3600.0

_DIFFERENCES = {
    Flaw.MISSING: "blobs_missing",
    Flaw.SIZE: "blobs_of_another_size",
    Flaw.MD5: "blobs_with_another_md5",
    Flaw.HEADER: "blobs_with_another_header",
}

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Report:
    """What was compared, and what differs."""

    instances: int = 0
    bytes_read: int = 0
    events: int = 0
    #: How many differences there are, by what differs; empty when all agree.
    differences: dict[str, int] = field(default_factory=dict)

    def note(self, what: str, count: int = 1) -> None:
        """Add differences of one kind."""
        if count:
            self.differences[what] = self.differences.get(what, 0) + count


async def verify(
    database_url: str,
    log: EventLog,
    blobs: BlobStore,
    *,
    concurrency: int = 4,
    progress: Progress = lambda _what, _done, _total: None,
) -> Report:
    """Compare everything with everything; the system may go on running meanwhile.

    The tables are read as of one moment. A blob that differs is looked up again before it counts: its
    instance may have been deleted since.
    """
    report = Report()
    statements = Statements("axial.index.sql")
    connection = await postgres.connect(database_url, SEARCH_PATH)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for number, check in enumerate(_CHECKS):
                progress("index", number, len(_CHECKS))
                count = await connection.fetchval(
                    f"SELECT count(*) FROM ({statements['verify_' + check]}) AS difference",  # noqa: S608
                    timeout=_QUERY_SECONDS,
                )
                report.note(check, count)
            progress("index", len(_CHECKS), len(_CHECKS))
            await _compare_with_log(connection, statements, log, report, progress)
            suspects = await _compare_with_blobs(
                connection, statements, blobs, report, concurrency, progress
            )
        for kept, flaw in suspects:
            if await connection.fetchrow(
                statements["find_use_of_blob"], kept.resource_id, kept.number, kept.key
            ):
                report.note(_DIFFERENCES[flaw])
    finally:
        connection.terminate()
    return report


async def _compare_with_log(
    connection: Connection,
    statements: Statements,
    log: EventLog,
    report: Report,
    progress: Progress,
) -> None:
    """Find each present instance's event in the log, saying the same bytes."""
    target = (await load_position(connection, statements)).log_sequence
    present = await connection.fetchval(statements["count_instances"], timeout=_QUERY_SECONDS)
    recoded = await connection.fetchval(statements["count_forms"], timeout=_QUERY_SECONDS)
    found = found_recoded = 0
    if await log.end() < target:
        report.note("log_shorter_than_index")
        return
    done = 0
    async with log.read(LogSequence(0)) as reader:
        while done < target:
            batch = await reader.next_batch(
                min(_LOG_BATCH_EVENTS, target - done), _LOG_PATIENCE_SECONDS
            )
            if not batch:
                report.note("log_unreadable")
                return
            done = batch[-1].sequence
            received = [
                (uuid.UUID(recorded.envelope.id), event.md5, event.size_bytes, event.blob_key)
                for recorded in batch
                if isinstance(event := recorded.event, InstanceReceived)
            ]
            if received:
                found += await connection.fetchval(
                    statements["count_instances_of_events"],
                    *(list(column) for column in zip(*received, strict=True)),
                )
            forms = [
                (
                    uuid.UUID(recorded.envelope.id),
                    event.blob_key,
                    event.stored_md5,
                    event.stored_size_bytes,
                )
                for recorded in batch
                if isinstance(event := recorded.event, AttachmentCompressionChangeRequested)
            ]
            if forms:
                found_recoded += await connection.fetchval(
                    statements["count_forms_of_events"],
                    *(list(column) for column in zip(*forms, strict=True)),
                )
            progress("log", done, target)
    report.events = done
    report.note("instances_without_their_event", abs(present - found))
    report.note("files_without_their_event", abs(recoded - found_recoded))


async def _compare_with_blobs(
    connection: Connection,
    statements: Statements,
    blobs: BlobStore,
    report: Report,
    concurrency: int,
    progress: Progress,
) -> list[tuple[Kept, Flaw]]:
    """Read every blob that a file is kept in; return those that differ."""
    suspects: list[tuple[Kept, Flaw]] = []
    total = await connection.fetchval(statements["count_bytes"])
    slots = asyncio.Semaphore(concurrency)

    async def compare(row: asyncpg.Record) -> None:
        async with slots:
            for kept in kept_blobs(row):
                if flaw := await find_flaw(blobs, kept):
                    suspects.append((kept, flaw))
                if kept.known:
                    report.bytes_read += kept.known.disk_size_bytes
            report.instances += row["number"] == CoreContent.DICOM
            progress("blobs", report.bytes_read, total)

    async for page in _pages(connection, statements):
        async with asyncio.TaskGroup() as group:
            for row in page:
                group.create_task(compare(row))
    return suspects


async def _pages(
    connection: Connection, statements: Statements
) -> AsyncIterator[list[asyncpg.Record]]:
    last = ("", 0)
    while page := await connection.fetch(statements["page_of_blobs"], *last, _PAGE_ROWS):
        yield page
        last = (page[-1]["resource_id"], page[-1]["number"])
