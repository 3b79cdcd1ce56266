"""C-STOREs per second by DCMTK's storescu, side by side with Orthanc: `make bench ARGS=dicom`."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, DicomMaker

from axial.cli.ports import LOOPBACK
from axial.common.testing.eventually import eventually_sync
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.machine import cpu_seconds, describe
from benchmarks.record import Failed
from benchmarks.systems import NO_DELAY, Running, System, all_systems, without_delay

# Not pynetdicom's application of the same name.
_STORESCU = Path("/usr/bin/storescu")
_SIZES = {"20": SMALL_PIXELS, "520": LARGE_PIXELS}
_SENDERS: dict[str, Mapping[str, str]] = {"as shipped": {}, "TCP_NODELAY=1": NO_DELAY}
# Connections open, statements are prepared, files are created: none of it belongs to the rate.
_WARM_UP_OBJECTS = 40
# Orthanc answers before it shows what it was sent; how long that takes is not measured here.
_SHOWN_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    size: str
    associations: int
    sender: str
    objects: int
    size_bytes: int
    seconds: float
    #: Milliseconds of processor time an object, by process.
    cpu: dict[str, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """What every system is put through."""

    sizes: Sequence[str]
    associations: Sequence[int]
    senders: Sequence[str]
    objects: int

    def measure(self, name: str, running: Running, folder: Path) -> Iterator[Row]:
        """Measure one system at each size, with each number of associations, with each kind of sender."""
        send(running, NO_DELAY, SMALL_PIXELS, 1, _WARM_UP_OBJECTS, folder)
        for size in self.sizes:
            for associations in self.associations:
                for sender in self.senders:
                    before = cpu_seconds(running.processes)
                    seconds, size_bytes = send(
                        running,
                        _SENDERS[sender],
                        _SIZES[size],
                        associations,
                        self.objects,
                        folder,
                    )
                    after = cpu_seconds(running.processes)
                    cpu = {
                        process: 1000 * (after[process] - before[process]) / self.objects
                        for process in before
                    }
                    yield Row(
                        name, size, associations, sender, self.objects, size_bytes, seconds, cpu
                    )


def main(
    *,
    objects: Annotated[int, typer.Option(min=4, help="Objects of each line.")] = 400,
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    sizes: Annotated[str, typer.Option(help="Sizes in KB: 20, 520.")] = "20,520",
    associations: Annotated[str, typer.Option(help="Numbers of storescu at once.")] = "1,4",
    senders: Annotated[
        str, typer.Option(help="How storescu runs: as shipped, TCP_NODELAY=1; default: both.")
    ] = "",
    profile: Annotated[
        bool, typer.Option("--profile", help="Show the processor time of each process.")
    ] = False,
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure C-STORE, one system after another, each on an empty folder.

    Orthanc is measured as it is shipped, and as it could be.
    """
    out = console()
    if not _STORESCU.exists():
        out.print(f"left out, {_STORESCU} is not installed")
        return
    grid = Grid(
        sizes=chosen(sizes, tuple(_SIZES)),
        associations=[int(number) for number in associations.split(",")],
        senders=chosen(senders, tuple(_SENDERS)),
        objects=objects,
    )
    known = {system.name: system for system in (*all_systems(), *without_delay())}
    wanted = [known[name] for name in chosen(systems, tuple(known))]
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for system in wanted:
            if system.missing:
                out.print(f"{system.name}: left out, {system.missing} is not installed")
                continue
            rows += _measure(system, grid, folder)
    out.print(_table(rows))
    if profile:
        out.print("\nProcessor time of each process, in ms an object:\n")
        out.print(_profile(rows))
    out.print("\nOn the disk when the answer is sent:\n")
    for system in wanted:
        out.print(f"- {system.name}: {system.durability}", soft_wrap=True)
    show_origin(out, machine)


def _measure(system: System, grid: Grid, folder: Path) -> list[Row]:
    place = folder / system.name
    place.mkdir()
    rows = []
    with system.start(place) as running:
        for row in grid.measure(system.name, running, folder):
            rows.append(row)
            print(
                f"{row.system:34} {row.size:>4} KB {row.associations:>3} associations "
                f"{row.sender:14} {row.objects / row.seconds:7.0f}/s",
                file=sys.stderr,
            )
    shutil.rmtree(place)
    return rows


def send(
    running: Running,
    sender: Mapping[str, str],
    pixels: int,
    associations: int,
    objects: int,
    folder: Path,
) -> tuple[float, int]:
    """Send objects that nobody has sent before; return the time from the first process to the last, and bytes."""
    maker = DicomMaker(pixels)
    parts = [folder / f"sent-{number}" for number in range(associations)]
    for part in parts:
        part.mkdir()
    for serial in range(objects):
        (parts[serial % associations] / f"{serial}.dcm").write_bytes(maker.make(serial).body)
    before = _count(running)
    target = (LOOPBACK, str(running.dicom_port))
    started = time.perf_counter()
    processes = [
        subprocess.Popen(
            (_STORESCU, "-R", "+sd", "-aec", "ANY-SCP", *target, part),
            env={**os.environ, **sender},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for part in parts
    ]
    errors = [process.communicate()[1] for process in processes]
    seconds = time.perf_counter() - started
    if any(process.returncode for process in processes) or any(errors):
        raise Failed(b"".join(errors).decode(errors="replace")[-500:])
    eventually_sync(lambda: _count(running) == before + objects, within=_SHOWN_WITHIN_SECONDS)
    for part in parts:
        shutil.rmtree(part)
    return seconds, objects * len(maker.template)


def _count(running: Running) -> int:
    """Ask how many instances a system has, so that none was only said to be stored."""
    url = f"http://{LOOPBACK}:{running.port}/statistics"
    return int(httpx2.get(url, timeout=_SHOWN_WITHIN_SECONDS).json()["CountInstances"])


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", "storescu", box=MARKDOWN)
    for heading in ("KB", "associations", "objects/s", "MB/s"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.system,
            row.sender,
            row.size,
            str(row.associations),
            f"{row.objects / row.seconds:.0f}",
            f"{row.size_bytes / row.seconds / 1e6:.1f}",
        )
    return table


def _profile(rows: Sequence[Row]) -> Table:
    table = Table("system", "storescu", box=MARKDOWN)
    processes = list(dict.fromkeys(name for row in rows for name in row.cpu))
    for heading in ("KB", "associations", *processes, "all"):
        table.add_column(heading, justify="right")
    for row in rows:
        costs = (f"{row.cpu[name]:.2f}" if name in row.cpu else "" for name in processes)
        total = f"{sum(row.cpu.values()):.2f}"
        table.add_row(row.system, row.sender, row.size, str(row.associations), *costs, total)
    return table


if __name__ == "__main__":
    typer.run(main)
