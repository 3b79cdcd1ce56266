"""What every benchmark has: a folder to work in, names to choose among, and where its figures come from."""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

# Wider than any terminal: a row is a line, also in a file.
_WIDTH = 200


def console() -> Console:
    """Make the console that tables are printed on."""
    return Console(width=_WIDTH)


def chosen(text: str, known: Sequence[str]) -> list[str]:
    """Read names separated by commas; none means all."""
    names = text.split(",") if text else list(known)
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name}: choose among {', '.join(known)}")
    return names


@contextmanager
def working_folder(data: Path) -> Iterator[Path]:
    """Make a folder on the disk in question, and remove it with all that is in it."""
    data.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=data.absolute()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show_origin(on: Console, machine: Mapping[str, str]) -> None:
    """Print by which command and on which machine the figures were seen: without that they say nothing."""
    on.print("\nSeen by:\n")
    program = Path(sys.argv[0]).stem
    module = "benchmarks" if program == "__main__" else f"benchmarks.{program}"
    on.print(f"- {shlex.join(('python', '-m', module, *sys.argv[1:]))}", soft_wrap=True)
    on.print("\nSeen on:\n")
    for what, value in machine.items():
        on.print(f"- {what}: {value}", soft_wrap=True)
    on.print()
