"""`axial replay`: the projection made anew from the log."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from axial.cli.environment import NotRunning, find_settings
from axial.cli.refusal import refuse
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.common.postgres import AWAY
from axial.common.settings import ServiceSettings
from axial.index.rebuild import Comparison, LogEndedEarly, rebuild


def replay(
    *,
    data: Annotated[Path, typer.Option(help="Data folder of a running `axial up`.")] = Path(
        ".axial"
    ),
    check: Annotated[
        bool, typer.Option("--check", help="Compare only; leave the live tables in place.")
    ] = False,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Put the rebuilt tables in place even when they differ."),
    ] = False,
) -> None:
    """Rebuild the index and the feeds from the log, compare them row for row, and swap them in."""
    try:
        comparison = asyncio.run(
            _replay(find_settings(data, ServiceSettings), check=check, accept=accept)
        )
    except (NotRunning, LogEndedEarly, Unavailable) as error:
        refuse(str(error))
    except AWAY as error:
        refuse(f"the database does not answer ({type(error).__name__})")
    console = Console()
    console.print(f"{comparison.events} events folded anew")
    for table, count in comparison.rows.items():
        different = comparison.differences.get(table, 0)
        console.print(f"  {table:18} {count:>12} rows, {different or 'none'} different")
    console.print("the rebuilt tables are live" if comparison.swapped else "the live tables stay")
    if comparison.differences:
        refuse("the rebuilt projection differs from the live one")


async def _replay(settings: ServiceSettings, *, check: bool, accept: bool) -> Comparison:
    async with open_nats(settings.nats_url, "axial-replay") as nats:
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        with Progress(disable=not Console().is_terminal) as progress:
            task = progress.add_task("events", total=None)
            return await rebuild(
                settings.database_url,
                log,
                swap=not check,
                swap_when_different=accept,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
