"""What a restore refuses before it touches anything, and what it takes up again."""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from axial.cli.backup import streams
from axial.cli.backup.backing_up import NothingToBackUp, back_up
from axial.cli.backup.emptiness import NotEmpty
from axial.cli.backup.folder import BackupFolder
from axial.cli.backup.manifest import BackupUnusable, Manifest, read_manifest
from axial.cli.backup.restoring import Only, Wishes, restore
from axial.common.blobs import open_blob_store
from axial.common.event_log import EventLog, new_envelope
from axial.common.leadership import Role
from axial.common.nats import open_nats
from axial.common.testing.facts import instance_received

from .conftest import Engines

pytestmark = pytest.mark.integration

_KEY = "2026/11/21/2200/0123456789abcdef0123456789abcdef.dcm"


def _nothing(_step: str, _count: int) -> None:
    pass


async def _restore(engines: Engines, folder: BackupFolder, only: Only | None = None) -> Manifest:
    return (await restore(engines.settings, folder, Wishes(only, 2), _nothing)).manifest


async def _append(engines: Engines, count: int) -> None:
    async with open_nats(engines.nats_url, "test") as client:
        log = EventLog(client, engines.log_stream, engines.log_prefix)
        await log.ensure()
        for number in range(count):
            event = instance_received(instance=f"1.1.{number}")
            await log.append(event, new_envelope("axial/test"))


async def _end(engines: Engines) -> int:
    async with open_nats(engines.nats_url, "test") as client:
        state = await streams.state_of(client, engines.log_stream)
        return state["last_seq"] if state else 0


@pytest.fixture
async def backup(source: Engines, tmp_path: Path) -> AsyncIterator[BackupFolder]:
    """Give the backup of a log of three events, and of one blob."""
    await _append(source, 3)
    async with open_blob_store(source.settings.blob_url) as blobs:
        await blobs.put(_KEY, b"bytes of an instance")
    folder = BackupFolder(tmp_path / "backup")
    await back_up(source.settings, folder, concurrency=2, progress=_nothing)
    yield folder
    async with open_nats(source.nats_url, "test") as client:
        await streams.remove(client, source.log_stream)


def _break_log(folder: BackupFolder) -> None:
    path = folder.root / read_manifest(folder.root).log.file.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _lose_log(folder: BackupFolder) -> None:
    (folder.root / read_manifest(folder.root).log.file.path).unlink()


def _cut_blob(folder: BackupFolder) -> None:
    (folder.blobs / _KEY).write_bytes(b"bytes")


def _change_blob(folder: BackupFolder) -> None:
    (folder.blobs / _KEY).write_bytes(b"bytes of a stranger!")


def _lose_ledger(folder: BackupFolder) -> None:
    folder.ledger.unlink()


def _break_ledger(folder: BackupFolder) -> None:
    folder.ledger.write_bytes(b"x" * folder.ledger.stat().st_size)


def _lose_manifest(folder: BackupFolder) -> None:
    (folder.root / "manifest.json").unlink()


def _tell_of_the_future(folder: BackupFolder) -> None:
    path = folder.root / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))


_HARMS: dict[str, Callable[[BackupFolder], None]] = {
    "log is not what was written": _break_log,
    "log is missing": _lose_log,
    "1 blobs are missing or cut short": _cut_blob,
    r"blobs\.sqlite is not what was written": _lose_ledger,
    r"damaged: blobs\.sqlite": _break_ledger,
    r"is no backup: it has no manifest\.json": _lose_manifest,
    "is damaged, or of a newer release": _tell_of_the_future,
    # Its bytes are compared while it is copied, which is before the log.
    "a blob is not what was saved": _change_blob,
}


async def test_a_damaged_backup_is_refused(
    backup: BackupFolder, target: Engines, tmp_path: Path
) -> None:
    """Whatever was lost or changed, one line says so, and no event is put into the log."""
    for number, (told, harm) in enumerate(_HARMS.items()):
        damaged = BackupFolder(tmp_path / f"damaged-{number}")
        shutil.copytree(backup.root, damaged.root)
        harm(damaged)
        with pytest.raises(BackupUnusable, match=told):
            await _restore(target, damaged)
    assert await _end(target) == 0
    # What was begun in vain is done with the backup as it is, if that is wanted.
    _change_blob(backup)
    restored = await restore(target.settings, backup, Wishes(skips_damaged=True), _nothing)
    assert restored.damaged == 1
    assert await _end(target) == 3
    async with open_blob_store(target.settings.blob_url) as blobs:
        assert [blob async for blob in blobs.list()] == []


async def test_a_system_that_is_not_empty_is_refused(backup: BackupFolder, target: Engines) -> None:
    """Events in the log, schemas in the database, services at work: none of them is overwritten."""
    connection = await asyncpg.connect(target.database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", int(Role.PROJECTOR))
        with pytest.raises(NotEmpty, match="stop them first"):
            await _restore(target, backup)
        await connection.execute("SELECT pg_advisory_unlock($1)", int(Role.PROJECTOR))
        await connection.execute("CREATE SCHEMA router")
        for only in (None, Only.DATABASE):
            with pytest.raises(NotEmpty, match="it has schema router"):
                await _restore(target, backup, only)
        await connection.execute("DROP SCHEMA router")
        await _append(target, 1)
        with pytest.raises(NotEmpty, match=f"stream {target.log_stream} is not empty"):
            await _restore(target, backup)
    finally:
        await connection.close()
    assert await _end(target) == 1


async def test_a_restore_that_lacked_only_its_end_is_ended(
    backup: BackupFolder, target: Engines
) -> None:
    """Killed behind the last step it is done again without harm, even if the system has worked since."""
    manifest = await _restore(target, backup)
    await _append(target, 2)
    await _mark(target, "another")
    with pytest.raises(NotEmpty, match="the restore of another backup"):
        await _restore(target, backup)
    await _mark(target, manifest.id)
    await _restore(target, backup)
    assert await _end(target) == 5
    connection = await asyncpg.connect(target.database_url)
    assert await connection.fetchval("SELECT to_regnamespace('restoring')") is None
    await connection.close()


async def _mark(engines: Engines, id_: str) -> None:
    """Leave what a restore that was killed leaves."""
    connection = await asyncpg.connect(engines.database_url)
    await connection.execute("DROP SCHEMA IF EXISTS restoring CASCADE")
    await connection.execute("CREATE SCHEMA restoring CREATE TABLE backup (id text)")
    await connection.execute("INSERT INTO restoring.backup VALUES ($1)", id_)
    await connection.close()


async def test_a_half_restored_log_is_restored_anew(
    backup: BackupFolder, source: Engines, target: Engines
) -> None:
    """A server that died while it wrote the log leaves its beginning; events of today are never taken for that."""
    beginning = BackupFolder(backup.root.with_name("beginning"))
    shutil.copytree(backup.root, beginning.root)
    await _append(source, 2)
    manifest = await back_up(source.settings, backup, concurrency=2, progress=_nothing)
    await _restore(target, beginning)
    await _mark(target, manifest.id)
    await _restore(target, backup)
    assert await _end(target) == 5

    async with open_nats(target.nats_url, "test") as client:
        await streams.remove(client, target.log_stream)
    await _append(target, 1)
    await _mark(target, manifest.id)
    with pytest.raises(NotEmpty, match="written to since the restore was begun"):
        await _restore(target, backup)
    assert await _end(target) == 1


async def test_only_blobs(backup: BackupFolder, source: Engines) -> None:
    """Lost blobs come back under a system that has all else."""
    async with open_blob_store(source.settings.blob_url) as blobs:
        await blobs.delete(_KEY)
        await _restore(source, backup, Only.BLOBS)
        assert await blobs.read(_KEY) == b"bytes of an instance"
    assert await _end(source) == 3


async def test_a_second_backup_copies_what_is_new(backup: BackupFolder, source: Engines) -> None:
    """Blobs are added to those that are there, and never removed; all else is replaced."""
    before = read_manifest(backup.root)
    (backup.blobs / _KEY).chmod(0o400)
    kept = (backup.blobs / _KEY).stat()
    async with open_blob_store(source.settings.blob_url) as blobs:
        await blobs.delete(_KEY)
        await blobs.put(_KEY.replace("2200", "2201"), b"another")
    await _append(source, 1)
    after = await back_up(source.settings, backup, concurrency=2, progress=_nothing)
    assert (after.blobs.count, after.log.last_sequence) == (2, 4)
    assert (backup.blobs / _KEY).stat().st_ino == kept.st_ino
    assert not (backup.root / before.log.file.path).exists()
    assert [path.name for path in backup.root.glob("taken-*")] == [f"taken-{after.id}"]


async def test_without_blobs(backup: BackupFolder, source: Engines, target: Engines) -> None:
    """Where blobs are kept otherwise, log, feed and schemas are a backup by themselves."""
    folder = BackupFolder(backup.root.with_name("without"))
    manifest = await back_up(source.settings, folder, concurrency=2, progress=_nothing, blobs=False)
    assert manifest.blobs.count == 0
    await _restore(target, folder)
    assert await _end(target) == 3


async def test_where_there_is_no_log(target: Engines, tmp_path: Path) -> None:
    """Engines that no service has met yet are no system to back up."""
    folder = BackupFolder(tmp_path / "backup")
    with pytest.raises(NothingToBackUp, match=f"there is no stream {target.log_stream}"):
        await back_up(target.settings, folder, concurrency=2, progress=_nothing)
    with pytest.raises(BackupUnusable, match="is no backup"):
        read_manifest(folder.root)
