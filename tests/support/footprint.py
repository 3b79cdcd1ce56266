"""What a process of a system holds."""

from dataclasses import dataclass
from pathlib import Path

from support.system import Axial


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory, threads and open files, sockets among them."""

    resident_bytes: int
    threads: int
    files: int

    def __str__(self) -> str:
        mebibytes = self.resident_bytes / 1024**2
        return f"{mebibytes:.1f} MiB, {self.threads} threads, {self.files} files"


def footprint(system: Axial, program: str) -> Footprint:
    """See what a program holds now (proc_pid_status(5))."""
    process = Path(f"/proc/{system.pid(program)}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    return Footprint(
        int(status["VmRSS"].split()[0]) * 1024,
        int(status["Threads"]),
        len(list((process / "fd").iterdir())),
    )
