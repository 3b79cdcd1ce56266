"""How a backup or a restore tells how far it is: a bar on a terminal, and a line for each step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

# What a step counts; blobs are looked at one by one, all else is bytes.
_IN_BLOBS = "blobs"


class Steps:
    """Counts what is done in each step; steps follow one another."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._step = ""
        self._done = 0
        self._began = 0.0

    def advance(self, step: str, count: int) -> None:
        """Count on; a step that was not named before ends the one before it."""
        if step != self._step:
            self.end()
            self._step, self._done, self._began = step, 0, time.monotonic()
        self._done += count
        self._progress.update(self._task, description=f"{step}: {self._told()}")

    def end(self) -> None:
        """Say what the step has done."""
        if self._step:
            seconds = time.monotonic() - self._began
            typer.echo(f"{self._step}: {self._told()}, {seconds:.1f} s")
        self._step = ""

    def _told(self) -> str:
        if self._step.startswith(_IN_BLOBS):
            return f"{self._done} looked at"
        return f"{self._done} bytes"


@contextmanager
def told_in_steps() -> Iterator[Steps]:
    """Show steps while they are done."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        steps = Steps(progress)
        yield steps
        steps.end()
