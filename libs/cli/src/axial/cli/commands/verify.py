"""`axial verify`: log, index and blobs compared with one another."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from axial.cli.environment import NotRunning, find_settings
from axial.cli.refusal import refuse
from axial.common.blobs import open_blob_store
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.common.postgres import AWAY
from axial.common.settings import ServiceSettings
from axial.index.verification import Report
from axial.index.verification import verify as compare


def verify(
    *,
    data: Annotated[Path, typer.Option(help="Data folder of a running `axial up`.")] = Path(
        ".axial"
    ),
    concurrency: Annotated[int, typer.Option(min=1, help="Blobs read side by side.")] = 4,
) -> None:
    """Prove that log, index and blobs agree: numbering, tree, counts, sizes and MD5s."""
    try:
        report = asyncio.run(_verify(find_settings(data, ServiceSettings), concurrency))
    except (NotRunning, Unavailable) as error:
        refuse(str(error))
    except AWAY as error:
        refuse(f"the database does not answer ({type(error).__name__})")
    console = Console()
    console.print(
        f"{report.events} events, {report.instances} instances, {report.bytes_read} bytes compared"
    )
    for what, count in report.differences.items():
        console.print(f"  {what.replace('_', ' ')}: {count}")
    if report.differences:
        refuse("log, index and blobs differ")
    console.print("log, index and blobs agree")


async def _verify(settings: ServiceSettings, concurrency: int) -> Report:
    async with (
        open_nats(settings.nats_url, "axial-verify") as nats,
        open_blob_store(
            settings.blob_url,
            settings.blob_access_key.get_secret_value(),
            settings.blob_secret_key.get_secret_value(),
        ) as blobs,
    ):
        with Progress(disable=not Console().is_terminal) as progress:
            tasks = {
                what: progress.add_task(what, total=None) for what in ("index", "log", "blobs")
            }
            return await compare(
                settings.database_url,
                EventLog(nats, settings.log_stream, settings.log_prefix),
                blobs,
                concurrency=concurrency,
                progress=lambda what, done, total: progress.update(
                    tasks[what], completed=done, total=total
                ),
            )
