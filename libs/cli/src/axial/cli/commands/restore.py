"""`axial restore`: a backup put into empty engines."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from axial.changefeed.settings import ChangefeedSettings
from axial.cli.backup.dumps import DumpFailed
from axial.cli.backup.emptiness import NotEmpty
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.manifest import BackupUnusable
from axial.cli.backup.restoring import Only, Restored, Wishes, restore
from axial.cli.backup.steps import told_in_steps
from axial.cli.backup.streams import StreamFailed
from axial.cli.engines.binaries import EngineMissing
from axial.cli.engines.postgres import PostgresFailed
from axial.cli.environment import find_settings, is_told
from axial.cli.folder import DataFolder, FolderUnusable
from axial.cli.foreground import NotReady, running
from axial.cli.lock import take
from axial.cli.ports import LOOPBACK, Port
from axial.cli.refusal import refuse
from axial.cli.system import Blobs, stages
from axial.cli.system import Wishes as SystemWishes
from axial.common.errors import AxialError
from axial.common.postgres import AWAY

# Nothing listens there: only engines are started, and `axial up` chooses its own.
_NO_PORT = Port(0)


def restore_(
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", exists=True, help="What `axial backup` has written.")
    ],
    data: Annotated[
        Path, typer.Option(help="Data folder of the system to be; nothing runs in it yet.")
    ] = Path(".axial"),
    blobs: Annotated[Blobs, typer.Option(help="Where its bytes are kept, as for `up`.")] = Blobs.S3,
    only: Annotated[
        Only | None, typer.Option(help="When only this was lost: blobs, or the database.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Blobs copied at once.")] = 8,
    skip_damaged: Annotated[
        bool,
        typer.Option("--skip-damaged", help="Leave out blobs that the backup has lost or damaged."),
    ] = False,
) -> None:
    """Put a backup into an empty system whose services do not run; after a crash, run it again.

    The engines are those of the environment, or are started in the data folder for as long as it takes.
    """
    try:
        with _engines(data, blobs) as settings:
            wishes = Wishes(only, concurrency, skip_damaged)
            restored = _restore(settings, BackupFolder(folder.absolute()), wishes)
    except (
        BackupUnusable,
        DumpFailed,
        EngineMissing,
        FolderUnusable,
        NotEmpty,
        NotReady,
        PostgresFailed,
        StreamFailed,
    ) as error:
        refuse(str(error))
    except AxialError as error:
        refuse(error.message)
    except AWAY as error:
        refuse(f"the database or a disk does not answer ({type(error).__name__})")
    manifest = restored.manifest
    if restored.damaged:
        typer.echo(f"left out, as damaged in the backup: {restored.damaged} blobs", err=True)
    if only is not None:
        typer.echo(f"{only} restored, as of {manifest.began_at:%Y-%m-%d %H:%M} UTC")
        return
    typer.echo(
        f"restored up to event {manifest.log.last_sequence}: start the services, which make index and feeds"
    )
    if manifest.feed:
        typer.echo(
            f"readers outside that are beyond change {manifest.feed.last_sequence} go back to it:"
            " the numbers behind it may be given anew"
        )


@contextmanager
def _engines(data: Path, blobs: Blobs) -> Iterator[ChangefeedSettings]:
    """Find the engines that the environment names, or run those of the data folder."""
    if is_told():
        yield find_settings(data, ChangefeedSettings)
        return
    folder = DataFolder(data.absolute())
    folder.make()
    lock = take(folder)
    try:
        wishes = SystemWishes(port=_NO_PORT, dicom_port=None, bind=LOOPBACK, blobs=blobs)
        with running(stages(folder, wishes)[0], folder.logs):
            yield find_settings(data, ChangefeedSettings)
    finally:
        os.close(lock)


def _restore(settings: ChangefeedSettings, folder: BackupFolder, wishes: Wishes) -> Restored:
    with told_in_steps() as steps:
        return asyncio.run(restore(settings, folder, wishes, steps.advance))
