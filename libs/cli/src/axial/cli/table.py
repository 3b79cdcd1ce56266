"""What `axial up` shows when everything is ready."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One process."""

    name: str
    address: str
    pid: int | None


def show(
    rows: Sequence[Row],
    *,
    data: Path,
    took_seconds: float,
    console: Console | None = None,
) -> None:
    """Print one table on a terminal, and plain columns elsewhere."""
    console = console or Console()
    footer = (
        f"Ready in {took_seconds:.1f} s.",
        f"Data and logs: {data}",
        f"Stop: Ctrl-C, or kill {os.getpid()}",
    )
    if console.is_terminal:
        table = Table("what", "where", "process", caption="\n".join(footer), caption_justify="left")
        for row in rows:
            table.add_row(row.name, row.address, str(row.pid))
        console.print(table)
        return
    width = max(len(row.name) for row in rows)
    reach = max(len(row.address) for row in rows)
    lines = [f"{row.name:<{width}}  {row.address:<{reach}}  {row.pid}" for row in rows]
    # Neither wrapped at 80 columns nor marked up: somebody greps it.
    console.file.write("\n".join((*lines, "", *footer)) + "\n")
    console.file.flush()
