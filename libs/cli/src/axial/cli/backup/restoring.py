"""Put a backup into engines that hold nothing; after a crash, do it again."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum

from nats.aio.client import Client

from axial.changefeed.settings import ChangefeedSettings
from axial.cli.backup import dumps, streams
from axial.cli.backup.blobs import Copied, Copier
from axial.cli.backup.checking import compare_blobs, read_whole
from axial.cli.backup.emptiness import NotEmpty, Target, alone
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.ledger import Ledger, LedgerDamaged
from axial.cli.backup.manifest import BackupUnusable, KeptStream, Manifest
from axial.common.blobs import BlobDamaged, BlobMissing, open_blob_store
from axial.common.blobs.directory.store import open_directory
from axial.common.nats import open_nats

Progress = Callable[[str, int], None]


class Only(StrEnum):
    """One engine was lost, and the others still have what they had."""

    BLOBS = "blobs"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How it is to be done."""

    only: Only | None = None
    #: Blobs copied at once.
    concurrency: int = 8
    #: Leave out blobs that are damaged in the backup, rather than have nothing.
    skips_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and how many blobs were left out."""

    manifest: Manifest
    damaged: int = 0


async def restore(
    settings: ChangefeedSettings,
    folder: BackupFolder,
    wishes: Wishes,
    progress: Progress,
) -> Restored:
    """Restore all, or what is asked for. The log comes last: until it is there, there is no system.

    Index and feeds are not in the backup: the index service makes them from the log when it starts.
    """
    manifest = read_whole(folder, progress)
    only = wishes.only
    if only is not Only.DATABASE and not wishes.skips_damaged:
        await _check_blobs(folder, manifest)
    if only is Only.BLOBS:
        copied = await _restore_blobs(settings, folder, wishes, progress)
        return Restored(manifest, copied.damaged)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(alone(settings.database_url))
        client = await stack.enter_async_context(open_nats(settings.nats_url, "axial-restore"))
        target = Target(settings, connection, client)
        if only is Only.DATABASE:
            await target.check_schemas()
            await _restore_database(settings, folder, manifest, target, progress)
            return Restored(manifest)
        begun = await target.begun()
        if begun is None:
            await target.check()
            await target.begin(manifest.id)
        elif begun != manifest.id:
            raise NotEmpty("the restore of another backup was begun here, and has not ended")
        elif await target.check_begun(manifest):
            await target.end()
            return Restored(manifest)
        copied = await _restore_blobs(settings, folder, wishes, progress)
        await _restore_database(settings, folder, manifest, target, progress)
        replicas = settings.log_replicas
        if manifest.feed and settings.feed_stream:
            name = settings.feed_stream
            await _restore_stream(
                client, target, folder, name, manifest.feed, replicas, "feed", progress
            )
        name = settings.log_stream
        await _restore_stream(client, target, folder, name, manifest.log, replicas, "log", progress)
        await target.end()
    return Restored(manifest, copied.damaged)


async def _check_blobs(folder: BackupFolder, manifest: Manifest) -> None:
    try:
        with Ledger(folder.ledger) as ledger:
            async with open_directory(folder.blobs) as kept:
                await compare_blobs(folder, manifest, ledger, kept)
    except LedgerDamaged as error:
        raise BackupUnusable(f"the backup is damaged: {folder.ledger.name}") from error


async def _restore_blobs(
    settings: ChangefeedSettings, folder: BackupFolder, wishes: Wishes, progress: Progress
) -> Copied:
    async with (
        open_directory(folder.blobs) as kept,
        open_blob_store(
            settings.blob_url,
            settings.blob_access_key.get_secret_value(),
            settings.blob_secret_key.get_secret_value(),
        ) as blobs,
    ):
        # An S3 bucket that is not there yet is made.
        await blobs.check()
        copier = Copier(kept, blobs, folder.spool, concurrency=wishes.concurrency)
        with Ledger(folder.ledger) as ledger:
            try:
                return await copier.restore(
                    ledger,
                    lambda count: progress("blobs", count),
                    skips_damaged=wishes.skips_damaged,
                )
            except (BlobDamaged, BlobMissing) as error:
                raise BackupUnusable(
                    "the backup is damaged: a blob is not what was saved, or another is in its place"
                ) from error


async def _restore_database(
    settings: ChangefeedSettings,
    folder: BackupFolder,
    manifest: Manifest,
    target: Target,
    progress: Progress,
) -> None:
    await target.drop_schemas()
    if manifest.database:
        await dumps.load(settings.database_url, folder.root / manifest.database.path)
        progress("database", manifest.database.size_bytes)


async def _restore_stream(
    client: Client,
    target: Target,
    folder: BackupFolder,
    name: str,
    kept: KeptStream,
    replicas: int,
    step: str,
    progress: Progress,
) -> None:
    await target.make_room(name)
    restored = await streams.restore(
        client,
        name,
        kept.config | {"name": name, "num_replicas": replicas},
        kept.state,
        folder.root / kept.file.path,
        lambda count: progress(step, count),
    )
    if restored["last_seq"] != kept.last_sequence or restored["messages"] != kept.state["messages"]:
        raise streams.StreamFailed(f"stream {name}: not all of it was restored")
