"""Events per second of the projection and of its rebuild: `make bench ARGS=replay`.

A log is filled, projected as the index does it, and folded anew beside that as `axial replay` does it; the
rows must be identical.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from axial.cli import foreground
from axial.cli.engines import nats, postgres
from axial.cli.ports import free_ports
from axial.common.event_log import STREAM, EventLog
from axial.common.nats import open_nats
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.index.app import migrate_schemas
from axial.index.metrics import IndexMetrics
from axial.index.projector import SEARCH_PATH, Projector
from axial.index.rebuild import Comparison, rebuild
from benchmarks.common import console, show_origin, working_folder
from benchmarks.history import append_history
from benchmarks.machine import describe

# Far longer than it takes on a slow machine, per event.
_LIMIT_SECONDS_AN_EVENT = 0.02
_LIMIT_SECONDS_AT_LEAST = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen, in seconds."""

    first_seconds: float
    #: From the start of the rebuild to its last event.
    fold_seconds: float
    #: The comparison of both, row for row, and the renaming.
    compare_seconds: float
    event_bytes: float
    comparison: Comparison


def main(
    *,
    events: Annotated[int, typer.Option(min=1, help="Instances received.")] = 200_000,
    data: Annotated[
        Path, typer.Option(help="Where the engines keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure how fast the log becomes tables, for the first time and again."""
    out = console()
    with working_folder(data) as folder:
        machine = describe(folder)
        with _engines(folder) as (database_url, nats_url):
            outcome = asyncio.run(_measure(database_url, nats_url, events))
    comparison = outcome.comparison
    out.print(f"{events} events of {outcome.event_bytes:.0f} bytes, instances received\n")
    out.print("| what | seconds | events/s |\n|---|---|---|")
    for what, seconds in (
        ("first projection", outcome.first_seconds),
        ("replay: fold anew", outcome.fold_seconds),
        ("replay, with comparison", outcome.fold_seconds + outcome.compare_seconds),
    ):
        out.print(f"| {what} | {seconds:.1f} | {events / seconds:.0f} |")
    out.print("\n| table | rows | different |\n|---|---|---|")
    for table, rows in comparison.rows.items():
        out.print(f"| {table} | {rows} | {comparison.differences.get(table, 0)} |")
    show_origin(out, machine)
    if comparison.differences or not comparison.swapped:
        out.print("\nthe rebuilt rows are NOT identical")
        raise typer.Exit(1)
    out.print("\nthe rebuilt rows are identical")


@contextmanager
def _engines(folder: Path) -> Iterator[tuple[str, str]]:
    port, nats_port, monitoring = free_ports(3)
    programs = [
        postgres.prepare(folder / "postgres", port),
        # The log is filled first and then only read: whether appends were synced makes no difference here.
        nats.prepare(folder / "nats", nats_port, monitoring, durable=False),
    ]
    with foreground.running(programs, folder / "logs"):
        yield postgres.url(port), nats.url(nats_port)


async def _measure(database_url: str, nats_url: str, events: int) -> Outcome:
    await migrate_schemas(database_url)
    async with open_nats(nats_url, "axial-bench") as client:
        log = EventLog(client)
        await log.ensure()
        await append_history(log, events)
        stored = (await client.jetstream().stream_info(STREAM)).state
        appended = time.perf_counter()
        await _project(database_url, log, client, events)
        projected = time.perf_counter()
        folded = projected

        def note(_done: int, _total: int) -> None:
            nonlocal folded
            folded = time.perf_counter()

        comparison = await rebuild(database_url, log, swap=True, progress=note)
        return Outcome(
            first_seconds=projected - appended,
            fold_seconds=folded - projected,
            compare_seconds=time.perf_counter() - folded,
            event_bytes=stored.bytes / events,
            comparison=comparison,
        )


async def _project(database_url: str, log: EventLog, client: Client, events: int) -> None:
    """Project the whole log as the index service does."""
    connection = await connect(database_url, SEARCH_PATH)
    metrics = IndexMetrics(CollectorRegistry())
    projecting = asyncio.create_task(Projector(database_url, log, client, metrics).run())

    async def done() -> bool:
        return bool(await connection.fetchval("SELECT log_sequence FROM position") == events)

    try:
        limit_seconds = max(_LIMIT_SECONDS_AT_LEAST, _LIMIT_SECONDS_AN_EVENT * events)
        await eventually(done, within=limit_seconds)
    finally:
        projecting.cancel()
        with suppress(asyncio.CancelledError):
            await projecting
        await connection.close()


if __name__ == "__main__":
    typer.run(main)
