"""The machine and the programs that figures were seen on: without them figures say nothing."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from axial.cli.engines.binaries import postgres_program, script
from benchmarks.systems import ORTHANC

# Enough for a median; less than a second even on a spinning disk.
_SYNCS = 50
_SYNC_BYTES = 4096
_CLOCK_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def describe(folder: Path) -> dict[str, str]:
    """Say what the figures depend on; `folder` lies on the disk that was used."""
    return {
        "processor": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "disk": f"{_file_system(folder)}, {_sync_milliseconds(folder):.2f} ms for write + fsync of 4 KB",
        "versions": ", ".join(_versions()),
    }


def cpu_seconds(processes: Mapping[str, int]) -> dict[str, float]:
    """Return the processor time each process and its descendants have used so far."""
    # Own user and system time, as well as that of children that have ended (proc_pid_stat(5)).
    return _sums(processes, lambda _, fields: sum(map(int, fields[11:15])) / _CLOCK_TICKS_A_SECOND)


def written_bytes(processes: Mapping[str, int]) -> dict[str, float]:
    """Return how much each process and its descendants have had the disk write so far (proc_pid_io(5))."""
    return _sums(processes, lambda folder, _: _number_in(folder / "io", "write_bytes"))


def resident_bytes(processes: Mapping[str, int]) -> dict[str, float]:
    """Return the memory of each process and its descendants now, what they share counted once."""
    return _sums(processes, lambda folder, _: 1024 * _number_in(folder / "smaps_rollup", "Pss"))


def peak_bytes(processes: Mapping[str, int]) -> dict[str, float]:
    """Return the most memory that the process itself has ever had (proc_pid_status(5))."""
    return {
        name: 1024 * _number_in(Path(f"/proc/{pid}/status"), "VmHWM")
        for name, pid in processes.items()
    }


def _number_in(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _sums(
    processes: Mapping[str, int], measure: Callable[[Path, list[str]], float]
) -> dict[str, float]:
    """Add something up over each process and its descendants."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name stands in brackets, and may hold spaces and brackets itself.
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(file.parent.name)
        parents[pid] = int(fields[1])
    for pid in [
        pid for pid in parents if any(_descends(pid, r, parents) for r in processes.values())
    ]:
        folder = Path(f"/proc/{pid}")
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            used[pid] = measure(folder, fields)
    return {
        name: sum(amount for pid, amount in used.items() if _descends(pid, root, parents))
        for name, root in processes.items()
    }


def _descends(pid: int, ancestor: int, parents: Mapping[int, int]) -> bool:
    while pid:
        if pid == ancestor:
            return True
        pid = parents.get(pid, 0)
    return False


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        mount, kind = line.split()[1:3]
        if folder.resolve().is_relative_to(mount) and len(mount) > len(best[0]):
            best = (mount, kind)
    return best[1]


def _sync_milliseconds(folder: Path) -> float:
    file = folder / "sync"
    times = []
    with file.open("wb", buffering=0) as stream:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            stream.write(b"x" * _SYNC_BYTES)
            os.fsync(stream.fileno())
            times.append(time.perf_counter() - began)
    file.unlink()
    return statistics.median(times) * 1000


def _versions() -> list[str]:
    commands = [
        ("PostgreSQL", (str(postgres_program("postgres")), "--version")),
        ("NATS", (str(script("nats-server")), "--version")),
        ("SeaweedFS", (str(script("weed")), "version")),
        ("Caddy", (str(script("caddy")), "version")),
    ]
    if ORTHANC.exists():
        commands.append(("Orthanc", (str(ORTHANC), "--version")))
    told = [f"{name} {_number(command)}" for name, command in commands]
    return [f"Axial {version('axial-ingest')}", *told]


def _number(command: tuple[str, ...]) -> str:
    """Find the version's number in what a program says of itself."""
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    words = said.partition("\n")[0].split()
    return next(
        (w.strip("v:,") for w in words if w.strip("v:,").count(".") and w.strip("v")[0].isdigit()),
        "?",
    )
