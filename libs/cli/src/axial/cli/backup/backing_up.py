"""Take a backup of a system that runs, and goes on running."""

import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from nats.aio.client import Client

from axial.changefeed.settings import ChangefeedSettings
from axial.cli.backup import dumps, streams
from axial.cli.backup.blobs import Copier
from axial.cli.backup.files import DurableFile, sha256_of, sync_file, sync_folder
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.ledger import Ledger
from axial.cli.backup.manifest import KeptBlobs, KeptFile, KeptStream, Manifest, write_manifest
from axial.common.blobs import open_blob_store
from axial.common.blobs.directory.store import open_directory
from axial.common.collection import nothing_collected
from axial.common.nats import open_nats
from axial.common.postgres import Statements, connect

#: What is not made from the log.
SCHEMAS = ("changefeed", "router")

#: Told of each step: its name, and how far it has come, in what that step counts.
Progress = Callable[[str, int], None]


class NothingToBackUp(Exception):
    """There is no log: the system has not run yet, or this is not it."""


async def back_up(
    settings: ChangefeedSettings,
    folder: BackupFolder,
    *,
    concurrency: int,
    progress: Progress,
    blobs: bool = True,
) -> Manifest:
    """Write the backup; what an earlier one in the same folder has of the blobs is not copied again.

    Without `blobs` none is added: somebody else keeps them.
    The order, and why nothing can be missed, stand in the package's docstring.
    """
    folder.make()
    began_at = datetime.now(UTC)
    id_ = uuid.uuid4().hex
    taking = folder.taking(id_)
    async with AsyncExitStack() as stack:
        stack.enter_context(folder.taken())
        client = await stack.enter_async_context(open_nats(settings.nats_url, "axial-backup"))
        state = await streams.state_of(client, settings.log_stream)
        if state is None:
            raise NothingToBackUp(f"there is no stream {settings.log_stream}")
        source = await stack.enter_async_context(
            open_blob_store(
                settings.blob_url,
                settings.blob_access_key.get_secret_value(),
                settings.blob_secret_key.get_secret_value(),
            )
        )
        target = await stack.enter_async_context(open_directory(folder.blobs))
        ledger = stack.enter_context(Ledger(folder.ledger))
        copier = Copier(source, target, folder.spool, concurrency=concurrency)

        async def copy(step: str) -> None:
            if blobs:
                await copier.save(ledger, lambda count: progress(step, count))

        await copy("blobs")
        async with nothing_collected(settings.database_url) as hold:
            database = await _dump(settings.database_url, folder.root, taking)
            progress("database", database.size_bytes if database else 0)
            feed = None
            if settings.feed_stream and await streams.state_of(client, settings.feed_stream):
                feed = await _save(
                    client, settings.feed_stream, folder.root, taking / "feed", "feed", progress
                )
            log = await _save(
                client, settings.log_stream, folder.root, taking / "log", "log", progress
            )
            await copy("blobs of meanwhile")
            await hold.check()
        count, size_bytes = ledger.totals()
        manifest = Manifest(
            id=id_,
            release=version("axial-cli"),
            began_at=began_at,
            ended_at=datetime.now(UTC),
            log=log,
            feed=feed,
            database=database,
            blobs=KeptBlobs(count=count, size_bytes=size_bytes),
        )
    write_manifest(folder.root, manifest)
    folder.forget_others(id_)
    return manifest


async def _dump(database_url: str, root: Path, taking: Path) -> KeptFile | None:
    connection = await connect(database_url, "")
    try:
        rows = await connection.fetch(
            Statements("axial.cli.backup.sql")["find_schemas"], list(SCHEMAS)
        )
    finally:
        connection.terminate()
    if not rows:
        return None
    path = taking / "database.dump"
    file = root / path
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    await dumps.dump(database_url, [row["nspname"] for row in rows], file)
    sync_file(file)
    sync_folder(file.parent)
    return KeptFile(path=str(path), size_bytes=file.stat().st_size, sha256=sha256_of(file))


async def _save(
    client: Client, stream: str, root: Path, path: Path, step: str, progress: Progress
) -> KeptStream:
    with DurableFile(root / path) as file:
        config, state = await streams.save(
            client,
            stream,
            file,
            # The log has readers of our own only, and each knows its position.
            consumers=step == "feed",
            progress=lambda count: progress(step, count),
        )
    kept = KeptFile(path=str(path), size_bytes=file.size_bytes, sha256=file.sha256)
    return KeptStream(file=kept, config=config, state=state)
