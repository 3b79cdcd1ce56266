"""The directory store and the disk: full, killed, read-only, shared by processes."""

import asyncio
import errno
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from axial.common.blobs import (
    BlobExists,
    BlobMissing,
    StorageFull,
    StorageUnavailable,
    open_blob_store,
)

pytestmark = pytest.mark.integration

# Puts blobs until it is killed; tells of each when it is stored. A blob is its MD5 and 300 kB.
WRITER = """
    import asyncio, hashlib, os, sys
    from axial.common.blobs import open_blob_store

    async def write(store, worker):
        for number in range(10_000):
            content = os.urandom(300_000)
            key = f"{number % 7}/{worker}/{number}"
            await store.put(key, hashlib.md5(content).digest() + content)
            print(key, flush=True)

    async def main():
        async with open_blob_store(sys.argv[1]) as store:
            await asyncio.gather(*(write(store, worker) for worker in range(8)))

    asyncio.run(main())
"""


def open_descriptors() -> int:
    """Count this process's open files."""
    return len(list(Path("/proc/self/fd").iterdir()))


def files_below(root: Path) -> list[Path]:
    """List all files of a store, those without a name yet included."""
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("told", [1, 5, 40])
async def test_kill_9_leaves_whole_blobs_or_none(tmp_path: Path, told: int) -> None:
    """A process killed while it writes loses nothing it was told is stored, and leaves no part."""
    root = tmp_path / "blobs"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(WRITER), root.as_uri(), stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    lines = [await writer.stdout.readline() for _ in range(told)]
    writer.kill()
    lines += (await writer.stdout.read()).splitlines(keepends=True)
    assert await writer.wait() == -signal.SIGKILL
    stored = {line.decode().strip() for line in lines if line.endswith(b"\n")}

    async with open_blob_store(root.as_uri()) as store:
        found = {blob.key async for blob in store.list()}
        assert found >= stored
        for key in found:
            content = await store.read(key)
            assert hashlib.md5(content[16:]).digest() == content[:16]  # noqa: S324
    assert len(files_below(root)) == len(found)


async def test_what_a_dead_process_left_is_swept_at_the_start(tmp_path: Path) -> None:
    """The beginnings of blobs are removed when the store is opened again, and only then."""
    left = tmp_path / ".incoming" / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "7").write_bytes(b"half a bl")
    async with open_blob_store(tmp_path.as_uri()) as store:
        assert not left.exists()
        await store.put("a/blob", b"whole")
    assert files_below(tmp_path) == [tmp_path / "a" / "blob"]


async def test_opening_spares_what_a_living_process_writes(tmp_path: Path) -> None:
    """A second process that opens the store takes nothing from the first, nor the first's end."""
    async with open_blob_store(tmp_path.as_uri()) as first:
        async with open_blob_store(tmp_path.as_uri()) as second:
            await asyncio.gather(
                *(first.put(f"a/{number}", b"1" * 9_000) for number in range(50)),
                *(second.put(f"b/{number}", b"2" * 9_000) for number in range(50)),
            )
        await first.put("a/last", b"1")
    assert len(files_below(tmp_path)) == 101


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """Make larger files impossible for this process, as a full disk does."""
    # Otherwise the kernel ends the process that tries.
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


async def test_storage_full_keeps_nothing(tmp_path: Path) -> None:
    """A blob that finds no room is refused as such; no part of it stays, and smaller ones go on."""
    async with open_blob_store(tmp_path.as_uri()) as store:
        with file_size_limit(100_000):
            with pytest.raises(StorageFull):
                await store.put("a/large", b"x" * 100_001)
            with pytest.raises(BlobMissing):
                await store.read("a/large")
            assert files_below(tmp_path) == []
            await store.put("a/small", b"x" * 100_000)
        await store.put("a/large", b"x" * 100_001)
        assert (await store.stat("a/large")).size_bytes == 100_001


class FullDisk(io.BytesIO):
    """A spooled upload whose disk is full when its next block is asked for."""

    def __init__(self, number: int) -> None:
        super().__init__(b"x" * 100_000)
        self._number = number

    def read(self, size: int | None = -1) -> bytes:
        """Fail in the second block."""
        if self.tell():
            raise OSError(self._number, os.strerror(self._number))
        return super().read(min(size or 0, 10_000))


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EIO, StorageUnavailable),
        (errno.EROFS, StorageUnavailable),
    ],
)
async def test_a_failing_disk_has_its_kind_of_error(
    tmp_path: Path, number: int, kind: type[Exception]
) -> None:
    """No room and no disk are told apart; either leaves nothing, and the store goes on."""
    async with open_blob_store(tmp_path.as_uri()) as store:
        with pytest.raises(kind):
            await store.put("a/blob", FullDisk(number))
        assert files_below(tmp_path) == []
        await store.put("a/blob", b"x")


async def test_a_place_that_cannot_be_a_directory_is_refused(tmp_path: Path) -> None:
    """The error names no path: it may be shown to anybody."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable) as refused:
        async with open_blob_store((tmp_path / "file" / "below").as_uri()):
            pass
    assert str(tmp_path) not in str(refused.value)


async def test_a_folder_removed_by_another_process_is_made_again(tmp_path: Path) -> None:
    """One process collects the last blob of a folder into which another is about to write."""
    async with (
        open_blob_store(tmp_path.as_uri()) as ingest,
        open_blob_store(tmp_path.as_uri()) as collector,
    ):
        for number in range(5):
            await ingest.put(f"2026/11/{number}", b"x")
            await collector.delete(f"2026/11/{number}")
            assert not (tmp_path / "2026").exists()
        await ingest.put("2026/11/last", b"x")
        assert await collector.read("2026/11/last") == b"x"


async def test_a_key_below_a_blob_is_refused(tmp_path: Path) -> None:
    """A file cannot be a folder too; S3 could, so it is the directory's own limit."""
    async with open_blob_store(tmp_path.as_uri()) as store:
        await store.put("a/blob", b"x")
        with pytest.raises(BlobExists):
            await store.put("a/blob/below", b"y")
        with pytest.raises(BlobExists):
            await store.put("a", b"y")
        assert await store.read("a/blob") == b"x"


async def test_no_file_descriptor_is_lost(tmp_path: Path) -> None:
    """Many folders, readers that go away, and puts that fail leave none open."""
    before = open_descriptors()
    async with open_blob_store(tmp_path.as_uri()) as store:
        await asyncio.gather(*(store.put(f"{number}/blob", b"x" * 999) for number in range(300)))
        for number in range(50):
            with pytest.raises(BlobExists):
                await store.put(f"{number}/blob", b"y")
            async with await store.open(f"{number}/blob"):
                pass
        # Folders: as many as are kept open, and the few of the store itself.
        assert open_descriptors() - before < 80
    assert open_descriptors() <= before


async def test_strangers_files_are_not_listed(tmp_path: Path) -> None:
    """A mount point's `lost+found`, hidden files and links are none of ours."""
    async with open_blob_store(tmp_path.as_uri()) as store:
        await store.put("a/blob", b"x")
        (tmp_path / "lost+found").mkdir()
        (tmp_path / "lost+found" / "x").touch()
        (tmp_path / ".DS_Store").touch()
        (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "blob")
        assert [blob.key async for blob in store.list()] == ["a/blob"]
        with pytest.raises(BlobMissing):
            await store.stat("a/link")
        with pytest.raises((BlobMissing, StorageUnavailable)):
            await store.read("a/link")
