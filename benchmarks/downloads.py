"""Files fetched per second, side by side with Orthanc: `make bench ARGS=downloads`."""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, multi_frame

from axial.cli.ports import LOOPBACK
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.fetches import fetch
from benchmarks.load import Plan
from benchmarks.machine import cpu_seconds, describe
from benchmarks.record import Figures
from benchmarks.systems import Running, System, all_systems
from benchmarks.uploads import upload

# Connections open, statements are prepared, files come into the disk's cache: none of it belongs to the rate.
_WARM_UP_SECONDS = 1.0
_UPLOADERS = 4
_UPLOAD_SECONDS = 600.0
# Of each size; together they fit every cache of the operating system.
_SMALL_FILES = 500
_LARGE_FILES = 50
_FRAMES = 64
_RANGE_BYTES = 1024 * 1024
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Files:
    """Files alike, and what is fetched of them."""

    name: str
    paths: tuple[str, ...]
    size_bytes: int
    range_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    files: str
    clients: int
    figures: Figures
    #: Milliseconds of processor time a file, by process.
    cpu: dict[str, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """What every system is put through."""

    clients: Sequence[int]
    seconds: float

    def measure(self, name: str, running: Running, port: int, files: Files) -> Iterator[Row]:
        """Measure one kind of files with each number of clients."""
        for clients in self.clients:
            plan = Plan(
                host=LOOPBACK,
                port=port,
                clients=clients,
                warm_up_seconds=_WARM_UP_SECONDS,
                seconds=self.seconds,
                most=sys.maxsize,
            )
            before = cpu_seconds(running.processes)
            figures = fetch(plan, files.paths, files.size_bytes, files.range_bytes)
            after = cpu_seconds(running.processes)
            # The warm-up's files are not counted, so its share of the time is taken off.
            share = self.seconds / (self.seconds + _WARM_UP_SECONDS)
            cpu = {
                process: 1000 * (after[process] - before[process]) * share / figures.answers
                for process in before
            }
            yield Row(name, files.name, clients, figures, cpu)


def main(
    *,
    seconds: Annotated[float, typer.Option(min=0.2, help="Measured time of each line.")] = 3.0,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    sizes: Annotated[
        str, typer.Option(help="Files: 20 and 520 KB, and ranges of one of 64 MiB.")
    ] = "20,520,ranges",
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
    """Measure downloads, one system after another, each of the same files."""
    out = console()
    kinds = chosen(sizes, ("20", "520", "ranges"))
    grid = Grid(clients=[int(number) for number in clients.split(",")], seconds=seconds)
    known = {system.name: system for system in all_systems()}
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for name in chosen(systems, tuple(known)):
            if known[name].missing:
                out.print(f"{name}: left out, {known[name].missing} is not installed")
                continue
            for row in _measure(known[name], grid, folder, kinds, direct=direct):
                rows.append(row)
                print(
                    f"{row.system:28} {row.files:>6} {row.clients:>3} clients "
                    f"{row.figures.per_second:7.0f}/s",
                    file=sys.stderr,
                )
    out.print(_table(rows))
    if profile:
        out.print("\nProcessor time of each process, in ms a file:\n")
        out.print(_profile(rows))
    show_origin(out, machine)


def _measure(
    system: System, grid: Grid, folder: Path, kinds: Sequence[str], *, direct: bool
) -> Iterator[Row]:
    place = folder / system.name
    place.mkdir()
    with system.start(place) as running:
        ports = {system.name: running.port}
        if direct and running.index_port is not None:
            ports[f"{system.name} (no edge)"] = running.index_port
        for kind in kinds:
            files = _fill(running.port, kind)
            if files.range_bytes and not _has_ranges(running.port, files):
                print(f"{system.name:28} answers no ranges of files", file=sys.stderr)
                continue
            for name, port in ports.items():
                yield from grid.measure(name, running, port, files)
    shutil.rmtree(place)


def _fill(port: int, kind: str) -> Files:
    """Store files of one kind; tell how they are fetched."""
    with httpx2.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=_UPLOAD_SECONDS) as client:
        before = set(client.get("/instances").json())
        if kind == "ranges":
            _store_large(client)
        else:
            small = kind == "20"
            plan = Plan(
                host=LOOPBACK,
                port=port,
                clients=_UPLOADERS,
                warm_up_seconds=0.0,
                seconds=_UPLOAD_SECONDS,
                most=_SMALL_FILES if small else _LARGE_FILES,
            )
            upload(plan, SMALL_PIXELS if small else LARGE_PIXELS)
        stored = sorted(set(client.get("/instances").json()) - before)
        size_bytes = int(client.get(f"/instances/{stored[0]}").json()["FileSize"])
    paths = tuple(f"/instances/{instance}/file" for instance in stored)
    if kind == "ranges":
        return Files("1 MiB", paths, size_bytes, _RANGE_BYTES)
    return Files(f"{kind} KB", paths, size_bytes)


def _has_ranges(port: int, files: Files) -> bool:
    """Tell whether a range of a file is answered alone: Orthanc 1.10 answers the whole."""
    with httpx2.stream(
        "GET", f"http://{LOOPBACK}:{port}{files.paths[0]}", headers={"Range": "bytes=0-9"}
    ) as answer:
        return answer.status_code == HTTPStatus.PARTIAL_CONTENT


def _store_large(client: httpx2.Client) -> None:
    """Store one file of many frames, which no cache of ours would keep."""
    file = multi_frame(_FRAMES)
    with tempfile.TemporaryFile() as body:
        body.writelines(file.chunks())
        body.seek(0)
        headers = {"Content-Length": str(file.size_bytes)}
        client.post("/instances", content=body, headers=headers).raise_for_status()


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", "fetched", box=MARKDOWN)
    for heading in ("clients", "files/s", "MB/s", "p50 ms", "p99 ms", "CPU ms", "sender CPU"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = row.figures
        table.add_row(
            row.system,
            row.files,
            str(row.clients),
            f"{figures.per_second:.0f}",
            f"{figures.size_bytes / figures.seconds / _MEGABYTE:.0f}",
            f"{figures.p50_milliseconds:.2f}",
            f"{figures.p99_milliseconds:.2f}",
            f"{sum(row.cpu.values()):.2f}",
            f"{figures.sender_cpu:.0%}",
        )
    return table


def _profile(rows: Sequence[Row]) -> Table:
    table = Table("system", "fetched", box=MARKDOWN)
    processes = list(dict.fromkeys(name for row in rows for name in row.cpu))
    for heading in ("clients", *processes):
        table.add_column(heading, justify="right")
    for row in rows:
        costs = (f"{row.cpu[name]:.2f}" if name in row.cpu else "" for name in processes)
        table.add_row(row.system, row.files, str(row.clients), *costs)
    return table


if __name__ == "__main__":
    typer.run(main)
