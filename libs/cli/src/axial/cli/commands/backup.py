"""`axial backup`: everything that cannot be made again, in one folder, from a system that goes on running."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from axial.changefeed.settings import ChangefeedSettings
from axial.cli.backup.backing_up import NothingToBackUp, back_up
from axial.cli.backup.dumps import DumpFailed
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.ledger import LedgerDamaged
from axial.cli.backup.manifest import BackupUnusable, Manifest
from axial.cli.backup.steps import told_in_steps
from axial.cli.backup.streams import StreamFailed
from axial.cli.environment import NotRunning, find_settings
from axial.cli.refusal import refuse
from axial.common.errors import AxialError
from axial.common.postgres import AWAY


def backup(
    *,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Where the backup is kept; a second one adds to it."),
    ],
    data: Annotated[Path, typer.Option(help="Data folder of a running `axial up`.")] = Path(
        ".axial"
    ),
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Blobs copied at once.")] = 8,
    blobs: Annotated[
        bool,
        typer.Option("--blobs/--no-blobs", help="Whether the bytes are copied, or kept otherwise."),
    ] = True,
) -> None:
    """Copy log, feed, blobs, consumers and router's work into a folder, while the system runs."""
    try:
        settings = find_settings(data, ChangefeedSettings)
        manifest = _back_up(settings, BackupFolder(folder.absolute()), concurrency, blobs=blobs)
    except (NotRunning, NothingToBackUp, BackupUnusable, DumpFailed, StreamFailed) as error:
        refuse(str(error))
    except LedgerDamaged:
        refuse(f"{folder}: its list of blobs is damaged: begin in another folder")
    except AxialError as error:
        refuse(error.message)
    except AWAY as error:
        refuse(f"the database or a disk does not answer ({type(error).__name__})")
    typer.echo(
        f"events up to {manifest.log.last_sequence},"
        f" changes up to {manifest.feed.last_sequence if manifest.feed else 0} in the stream,"
        f" {manifest.blobs.count} blobs of {manifest.blobs.size_bytes} bytes"
    )


def _back_up(
    settings: ChangefeedSettings, folder: BackupFolder, concurrency: int, *, blobs: bool
) -> Manifest:
    with told_in_steps() as steps:
        return asyncio.run(
            back_up(settings, folder, concurrency=concurrency, progress=steps.advance, blobs=blobs)
        )
