"""The log files of child processes, kept to a size."""

import shutil
from pathlib import Path

# Two files of this size for each process: weeks of an archive's ordinary day.
_LARGEST_BYTES = 64 * 1024 * 1024


def rotate(log: Path) -> None:
    """Put the log of the previous run aside, over the one before it."""
    if log.exists():
        log.replace(_previous(log))


def trim(log: Path) -> None:
    """Copy a large log aside and empty it; its writer appends, and goes on at the start."""
    if log.exists() and log.stat().st_size > _LARGEST_BYTES:
        shutil.copyfile(log, _previous(log))
        with log.open("r+b") as file:
            file.truncate(0)


def last_lines(log: Path, count: int = 20) -> str:
    """Return the end of a log."""
    # Its last 64 KB hold twenty lines of anything that writes lines.
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-count:])


def _previous(log: Path) -> Path:
    return log.with_name(log.name + ".1")
