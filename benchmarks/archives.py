"""ZIP archives and media of one large study, side by side with Orthanc: `make bench ARGS=archives`.

What counts beside the rate is the memory that it takes: the most that the process which makes the archive has had
resident meanwhile, and how much of it came with the archive.
"""

import shutil
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.box import MARKDOWN
from rich.table import Table
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS, DicomMaker

from axial.cli.ports import LOOPBACK
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.machine import cpu_seconds, describe
from benchmarks.systems import Running, System, all_systems

_UPLOADERS = 8
# A large archive takes minutes; a system that says nothing for as long has stopped.
_PATIENCE_SECONDS = 600.0
_PIXELS = {"20": SMALL_PIXELS, "520": LARGE_PIXELS}
_KINDS = ("archive", "media")
_MEGABYTE = 1_000_000
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    system: str
    kind: str
    files: int
    #: Of the files, before they were packed.
    size_bytes: int
    first_byte_seconds: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    growth_bytes: int


def main(
    *,
    instances: Annotated[int, typer.Option(min=2, help="Instances of the study.")] = 20_000,
    size: Annotated[str, typer.Option(help="Size of the files in KB: 20 or 520.")] = "20",
    systems: Annotated[
        str, typer.Option(help="Names of systems, separated by commas; default: all installed.")
    ] = "",
    kinds: Annotated[str, typer.Option(help="What is asked for.")] = ",".join(_KINDS),
    data: Annotated[
        Path, typer.Option(help="Where the systems keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure the archives of one study, one system after another."""
    out = console()
    (pixels,) = (_PIXELS[name] for name in chosen(size, tuple(_PIXELS))[:1])
    known = {system.name: system for system in all_systems()}
    rows: list[Row] = []
    with working_folder(data) as folder:
        machine = describe(folder)
        for name in chosen(systems, tuple(known)):
            if known[name].missing:
                out.print(f"{name}: left out, {known[name].missing} is not installed")
                continue
            for row in _measure(known[name], folder, pixels, instances, chosen(kinds, _KINDS)):
                rows.append(row)
                print(f"{name:20} {row.kind:>8} {row.seconds:7.1f} s", file=sys.stderr)
    out.print(_table(rows))
    show_origin(out, machine)


def _measure(
    system: System, folder: Path, pixels: int, instances: int, kinds: Sequence[str]
) -> Iterator[Row]:
    place = folder / system.name
    place.mkdir()
    maker = DicomMaker(pixels, per_series=(instances + 1) // 2)
    with system.start(place) as running:
        url = f"http://{LOOPBACK}:{running.port}"
        with httpx2.Client(base_url=url, timeout=_PATIENCE_SECONDS) as client:
            with ThreadPoolExecutor(_UPLOADERS) as pool:
                list(pool.map(_store, repeat(client), repeat(maker), range(instances)))
            study = maker.names(0).orthanc_ids[1]
            for kind in kinds:
                yield _fetch(
                    system.name, running, client, f"/studies/{study}/{kind}", place / "archive.zip"
                )
    shutil.rmtree(place)


def _store(client: httpx2.Client, maker: DicomMaker, serial: int) -> None:
    client.post("/instances", content=maker.make(serial).body).raise_for_status()


def _fetch(name: str, running: Running, client: httpx2.Client, path: str, file: Path) -> Row:
    """Fetch an archive, and look whether it is one."""
    program = next(key for key in running.processes if key.startswith(("index", "orthanc")))
    pid = running.processes[program]
    # From now on the peak is that of what follows (proc_pid_clear_refs(5)).
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    resident, used = _status(pid, "VmRSS"), sum(cpu_seconds(running.processes).values())
    began = time.perf_counter()
    first = 0.0
    with file.open("wb") as target, client.stream("GET", path) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            first = first or time.perf_counter()
            target.write(piece)
    ended = time.perf_counter()
    used = sum(cpu_seconds(running.processes).values()) - used
    with zipfile.ZipFile(file) as found:
        members = found.infolist()
    return Row(
        system=name,
        kind=path.rpartition("/")[2],
        files=len(members),
        size_bytes=sum(member.file_size for member in members),
        first_byte_seconds=first - began,
        seconds=ended - began,
        cpu_seconds=used,
        peak_bytes=_status(pid, "VmHWM"),
        growth_bytes=_status(pid, "VmHWM") - resident,
    )


def _status(pid: int, field: str) -> int:
    """Read a size from what the system knows of a process (proc_pid_status(5)), in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def _table(rows: Sequence[Row]) -> Table:
    table = Table("system", "asked for", box=MARKDOWN)
    for heading in ("files", "MB", "first byte ms", "s", "files/s", "MB/s", "CPU s", "peak MiB"):
        table.add_column(heading, justify="right")
    table.add_column("more than before MiB", justify="right")
    for row in rows:
        table.add_row(
            row.system,
            row.kind,
            str(row.files),
            f"{row.size_bytes / _MEGABYTE:.0f}",
            f"{row.first_byte_seconds * 1000:.0f}",
            f"{row.seconds:.1f}",
            f"{row.files / row.seconds:.0f}",
            f"{row.size_bytes / row.seconds / _MEGABYTE:.0f}",
            f"{row.cpu_seconds:.1f}",
            f"{row.peak_bytes / _MEBIBYTE:.0f}",
            f"{row.growth_bytes / _MEBIBYTE:.0f}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
