"""How long a backup takes, and how long until everything is there again: `make bench ARGS=recovery`."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from support.dicoms import LARGE_PIXELS, SMALL_PIXELS
from support.system import Axial

from axial.cli.ports import LOOPBACK
from axial.common.testing.eventually import eventually_sync
from benchmarks.common import chosen, console, show_origin, working_folder
from benchmarks.load import Plan
from benchmarks.machine import describe
from benchmarks.record import Failed
from benchmarks.systems import axial_up
from benchmarks.uploads import upload

_SIZES = {"20": SMALL_PIXELS, "520": LARGE_PIXELS}
_CLIENTS = 8
# Only bounds what hangs.
_LIMIT_SECONDS = 24 * 3600.0
_MEGABYTE = 1_000_000


def main(
    *,
    instances: Annotated[int, typer.Option(min=10, help="Instances in the archive.")] = 5000,
    size: Annotated[str, typer.Option(help="Their size in KB: 20 or 520.")] = "520",
    data: Annotated[
        Path, typer.Option(help="Where system and backup keep their data: on the disk in question.")
    ] = Path(".axial"),
) -> None:
    """Measure backup, restore, and the time until the restored archive answers."""
    out = console()
    (name,) = chosen(size, tuple(_SIZES))
    rows: list[tuple[str, float]] = []

    def timed(what: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        rows.append((what, time.perf_counter() - began))
        print(f"{what:44} {rows[-1][1]:8.1f} s", file=sys.stderr)

    with working_folder(data) as folder:
        machine = describe(folder)
        backup, restored = folder / "backup", folder / "restored"
        with axial_up(folder / "data", "s3") as system:
            _fill(system, _SIZES[name], instances)
            count = _count(system)
            timed("backup, the first", lambda: _run(system, "backup", str(backup)))
            timed("backup, nothing new", lambda: _run(system, "backup", str(backup)))
        timed("restore, engines started and stopped", lambda: _restore(restored, backup))
        began = time.perf_counter()
        with axial_up(restored, "s3") as system:
            rows.append(("start, until it answers", time.perf_counter() - began))
            timed(
                "then until index and feeds are made",
                lambda: eventually_sync(lambda: _count(system) == count, within=_LIMIT_SECONDS),
            )
            timed("verify, every byte read", lambda: _run(system, "verify"))
        size_bytes = sum(file.stat().st_size for file in backup.rglob("*") if file.is_file())
    out.print(f"{count} instances of {name} KB, a backup of {size_bytes / _MEGABYTE:.0f} MB\n")
    out.print("| step | seconds | instances/s |\n| --- | ---: | ---: |")
    for what, seconds in rows:
        out.print(f"| {what} | {seconds:.1f} | {count / seconds:.0f} |", soft_wrap=True)
    show_origin(out, machine)


def _fill(system: Axial, pixels: int, instances: int) -> None:
    port = int(system.url.rsplit(":", 1)[1])
    upload(Plan(LOOPBACK, port, _CLIENTS, 0.0, 3600.0, instances), pixels)


def _count(system: Axial) -> int:
    answer = httpx2.get(f"{system.url}/statistics", timeout=60)
    # While the index is far behind it says that it is not ready.
    return int(answer.json()["CountInstances"]) if answer.status_code == httpx2.codes.OK else 0


def _run(system: Axial, command: str, *arguments: str) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "axial.cli", command, "--data", str(system.folder), *arguments),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(done.stdout + done.stderr)


def _restore(data: Path, backup: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "axial.cli", "restore", "--data", str(data), str(backup)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(done.stdout + done.stderr)


if __name__ == "__main__":
    typer.run(main)
