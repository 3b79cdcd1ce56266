"""Instances per second, side by side with Orthanc: `make bench ARGS=ingest`."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS

from axial.cli.ports import LOOPBACK
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.load import Plan
from benchmarks.machine import cpu_seconds, describe
from benchmarks.record import Figures
from benchmarks.systems import Running, System, all_systems
from benchmarks.uploads import upload

_SIZES = {"20": SMALL_PIXELS, "520": LARGE_PIXELS}
# Connections open, statements are prepared, files are created: none of it belongs to the rate.
_WARM_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    size: str
    clients: int
    figures: Figures
    #: Milliseconds of processor time an instance, by process.
    cpu: dict[str, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """What every system is put through."""

    sizes: Sequence[str]
    clients: Sequence[int]
    seconds: float
    most: int

    def measure(self, name: str, running: Running, port: int) -> Iterator[Row]:
        """Measure one system at each size, with each number of clients."""
        for size in self.sizes:
            for clients in self.clients:
                plan = Plan(
                    host=LOOPBACK,
                    port=port,
                    clients=clients,
                    warm_up_seconds=_WARM_UP_SECONDS,
                    seconds=self.seconds,
                    most=self.most,
                )
                before = cpu_seconds(running.processes)
                figures = upload(plan, _SIZES[size])
                after = cpu_seconds(running.processes)
                # The warm-up's instances are not counted, so its share of the time is taken off.
                share = self.seconds / (self.seconds + _WARM_UP_SECONDS)
                cpu = {
                    process: 1000 * (after[process] - before[process]) * share / figures.answers
                    for process in before
                }
                yield Row(name, size, clients, figures, cpu)


def main(
    *,
    seconds: Annotated[float, typer.Option(min=0.5, help="Measured time of each line.")] = 8.0,
    most: Annotated[int, typer.Option(min=1, help="Most instances of each line.")] = 100_000,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    sizes: Annotated[str, typer.Option(help="Sizes in KB: 20, 520.")] = "20,520",
    clients: Annotated[str, typer.Option(help="Numbers of keep-alive clients.")] = "1,4,16",
    direct: Annotated[
        bool, typer.Option("--direct", help="Measure Axial without its edge as well.")
    ] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show the processor time of each process.")
    ] = False,
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure uploads, one system after another, each on an empty folder."""
    out = console()
    grid = Grid(
        sizes=chosen(sizes, tuple(_SIZES)),
        clients=[int(number) for number in clients.split(",")],
        seconds=seconds,
        most=most,
    )
    known = {system.name: system for system in all_systems()}
    wanted = [known[name] for name in chosen(systems, tuple(known))]
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for system in wanted:
            if system.missing:
                out.print(f"{system.name}: left out, {system.missing} is not installed")
                continue
            rows += _measure(system, grid, folder, direct=direct)
    out.print(_table(rows))
    if profile:
        out.print("\nProcessor time of each process, in ms an instance:\n")
        out.print(_profile(rows))
    out.print("\nOn the disk when the answer is sent:\n")
    for system in wanted:
        out.print(f"- {system.name}: {system.durability}", soft_wrap=True)
    show_origin(out, machine)


def _measure(system: System, grid: Grid, folder: Path, *, direct: bool) -> list[Row]:
    place = folder / system.name
    place.mkdir()
    rows = []
    with system.start(place) as running:
        ports = {system.name: running.port}
        if direct and running.direct_port is not None:
            ports[f"{system.name} (no edge)"] = running.direct_port
        for name, port in ports.items():
            for row in grid.measure(name, running, port):
                rows.append(row)
                print(
                    f"{row.system:28} {row.size:>4} KB {row.clients:>3} clients "
                    f"{row.figures.per_second:7.0f}/s",
                    file=sys.stderr,
                )
    # Tens of gigabytes in a long run: they must not push the next system's from the disk's cache.
    shutil.rmtree(place)
    return rows


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", box=MARKDOWN)
    for heading in ("KB", "clients", "instances/s", "p50 ms", "p99 ms", "sender CPU"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = row.figures
        table.add_row(
            row.system,
            row.size,
            str(row.clients),
            f"{figures.per_second:.0f}",
            f"{figures.p50_milliseconds:.1f}",
            f"{figures.p99_milliseconds:.1f}",
            f"{figures.sender_cpu:.0%}",
        )
    return table


def _profile(rows: Sequence[Row]) -> Table:
    table = Table("system", box=MARKDOWN)
    processes = list(dict.fromkeys(name for row in rows for name in row.cpu))
    for heading in ("KB", "clients", *processes, "all"):
        table.add_column(heading, justify="right")
    for row in rows:
        costs = (f"{row.cpu[name]:.2f}" if name in row.cpu else "" for name in processes)
        total = f"{sum(row.cpu.values()):.2f}"
        table.add_row(row.system, row.size, str(row.clients), *costs, total)
    return table


if __name__ == "__main__":
    typer.run(main)
