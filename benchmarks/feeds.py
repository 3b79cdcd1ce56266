"""Pages of the feeds per second, side by side with Orthanc's: `make bench ARGS=feeds`.

Each kind of page is read cold, each page for the first time, and warm, a hundred pages again and again; of our
own systems also through the edge.
"""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.table import Table

from axial.cli.ports import LOOPBACK
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.feed_systems import Served, ask, feed_systems
from benchmarks.load import Plan
from benchmarks.machine import describe
from benchmarks.pages import Pages
from benchmarks.reads import read
from benchmarks.record import Failed, Figures

# Pages that are read again and again: with metadata, as many as the caches hold by default.
_WARM_PAGES = 100
_WARM_PAGES_WITH_METADATA = 20
# Pages of one cold line at most; those with metadata are few, and slow.
_COLD_PAGES = 1000
_COLD_PAGES_WITH_METADATA = 10
# Reading some pages once takes seconds; this only bounds a system that hangs.
_ONCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    pages: str
    clients: int
    #: Each page for the first time; None where there is only one.
    cold: Figures | None
    warm: Figures
    edge: Figures | None


@dataclass(frozen=True, slots=True)
class Grid:
    """What every system is put through."""

    clients: Sequence[int]
    seconds: float
    #: Words of which one must be in the name of the pages; none: all pages.
    words: Sequence[str]

    def wants(self, pages: Pages) -> bool:
        """Tell whether these pages were asked for."""
        return not self.words or any(word in pages.name for word in self.words)

    def measure(self, system: str, served: Served, pages: Pages) -> Iterator[Row]:
        """Measure one kind of page with each number of clients."""
        _check(served.port, pages)
        warm_count = _WARM_PAGES_WITH_METADATA if pages.metadata else _WARM_PAGES
        warm, fresh = pages.paths[:warm_count], pages.paths[warm_count:]
        # Each line has pages that no line before it has read.
        most = _COLD_PAGES_WITH_METADATA if pages.metadata else _COLD_PAGES
        cold_count = min(most, len(fresh) // len(self.clients))
        self._read(served.port, 1, warm, again=False)
        for number, clients in enumerate(self.clients):
            unread = fresh[number * cold_count :][:cold_count]
            yield Row(
                system,
                pages.name,
                clients,
                self._read(served.port, clients, unread, again=False) if unread else None,
                self._read(served.port, clients, warm, again=True),
                self._read(served.edge_port, clients, warm, again=True)
                if served.edge_port
                else None,
            )

    def _read(self, port: int, clients: int, paths: Sequence[str], *, again: bool) -> Figures:
        plan = Plan(
            host=LOOPBACK,
            port=port,
            clients=clients,
            warm_up_seconds=0.0,
            # Each of them once, however long it takes; again and again, for the time that was asked for.
            seconds=self.seconds if again else _ONCE_SECONDS,
            most=sys.maxsize if again else len(paths),
        )
        return read(plan, paths, again=again)


def main(
    *,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured time of each line.")] = 3.0,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    pages: Annotated[
        str, typer.Option(help="Only pages whose name has one of these words, e.g. v1,metadata.")
    ] = "",
    clients: Annotated[str, typer.Option(help="Numbers of keep-alive clients.")] = "1,4,16",
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure reads of the feeds, one system after another."""
    out = console()
    grid = Grid(
        clients=[int(number) for number in clients.split(",")],
        seconds=seconds,
        words=pages.split(",") if pages else (),
    )
    known = feed_systems()
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for name in chosen(systems, tuple(known)):
            if known[name].missing:
                out.print(f"{name}: left out, {known[name].missing} is not installed")
                continue
            place = folder / name
            place.mkdir()
            with known[name].start(place) as served:
                for kind in served.pages:
                    if grid.wants(kind):
                        rows += map(_told, grid.measure(name, served, kind))
            shutil.rmtree(place)
    out.print(_table(rows))
    show_origin(out, machine)


def _check(port: int, pages: Pages) -> None:
    """Look whether a page holds what it is measured for."""
    page = ask(port, pages.paths[0])
    rows = page if isinstance(page, list) else page.get("Changes", [page])
    assert isinstance(rows, list)
    if len(rows) != pages.rows:
        raise Failed(f"{pages.name}: a page of {len(rows)} rows instead of {pages.rows}")
    if pages.metadata and not all(any(name.lower() == "metadata" for name in row) for row in rows):
        raise Failed(f"{pages.name}: an entry without metadata")


def _told(row: Row) -> Row:
    """Show that something happens."""
    print(
        f"{row.system:20} {row.pages:28} {row.clients:>3} clients {row.warm.per_second:7.0f}/s",
        file=sys.stderr,
    )
    return row


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", "pages", box=MARKDOWN)
    for heading in ("clients", "KB", "cold/s", "p50 ms", "p99 ms", "warm/s", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for heading in ("edge, warm/s", "p50 ms", "p99 ms", "sender CPU"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.system,
            row.pages,
            str(row.clients),
            f"{row.warm.mean_bytes / 1024:.0f}",
            *_cells(row.cold),
            *_cells(row.warm),
            *_cells(row.edge),
            f"{row.warm.sender_cpu:.0%}",
        )
    return table


def _cells(figures: Figures | None) -> tuple[str, str, str]:
    if figures is None:
        return "", "", ""
    return (
        f"{figures.per_second:.0f}",
        f"{figures.p50_milliseconds:.2f}",
        f"{figures.p99_milliseconds:.2f}",
    )


if __name__ == "__main__":
    typer.run(main)
