"""The spool: small files stay in memory, large ones go to disk, and nothing stays behind."""

import hashlib
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axial.common.errors import StorageFull, StorageUnavailable, TooLarge
from axial.ingest.spool import Spool, Spooled, clear_leftovers

pytestmark = pytest.mark.unit

_MEBIBYTE = 1024 * 1024


def _content(file: Spooled) -> bytes:
    return bytes(file.body) if isinstance(file.body, bytes | bytearray) else file.body.read()


def _open_files(folder: Path) -> list[str]:
    """The targets of this process's descriptors that lie in a folder, with or without a name."""
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            targets.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue
    return [target for target in targets if target.startswith(str(folder))]


@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=10))
async def test_small_file_is_what_was_written(chunks: list[bytes]) -> None:
    """However a small file is cut, its bytes, size and MD5 are those of the whole, in memory."""
    whole = b"".join(chunks)
    async with Spool(Path("/nonexistent"), 1000) as spool:
        for chunk in chunks:
            await spool.write(chunk)
        file = await spool.finish()
        assert _content(file) == whole
        assert file.size_bytes == len(whole)
        assert file.md5 == hashlib.md5(whole, usedforsecurity=False).hexdigest()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_single_piece_is_not_copied(tmp_path: Path) -> None:
    """The only piece of a body is handed on as the very object that came."""
    piece = bytes(5000)
    async with Spool(tmp_path, _MEBIBYTE) as spool:
        await spool.write(piece)
        assert (await spool.finish()).body is piece


async def test_large_file_goes_to_disk_and_is_removed(tmp_path: Path) -> None:
    """Beyond a mebibyte the bytes are in a file, which has no descriptor and no name left afterwards."""
    pieces = [bytes([number]) * 300_000 for number in range(20)]
    whole = b"".join(pieces)
    async with Spool(tmp_path, 10 * _MEBIBYTE) as spool:
        for piece in pieces:
            await spool.write(piece)
        file = await spool.finish()
        assert _open_files(tmp_path)
        assert file.peek(10) == bytes(10)
        assert _content(file) == whole
        assert file.md5 == hashlib.md5(whole, usedforsecurity=False).hexdigest()
    assert _open_files(tmp_path) == []
    assert _names(tmp_path) == []


async def test_limit_holds_while_writing(tmp_path: Path) -> None:
    """The first byte over the limit is refused, and what was on disk is gone."""
    async with Spool(tmp_path, 2 * _MEBIBYTE) as spool:
        await spool.write(bytes(2 * _MEBIBYTE))
        with pytest.raises(TooLarge):
            await spool.write(b"x")
    assert _open_files(tmp_path) == []


async def test_full_disk_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ENOSPC, which the kernel's /dev/full answers, the rest is heard out, and nothing of it stays on disk."""
    opened: list[FileIO] = []

    def on_full_device(**_options: Any) -> object:
        device = open("/dev/full", "wb", buffering=0)  # noqa: PTH123, SIM115 - Spool closes it
        opened.append(device)
        return device

    monkeypatch.setattr(tempfile, "TemporaryFile", on_full_device)
    async with Spool(tmp_path, 8 * _MEBIBYTE) as spool:
        await spool.write(bytes(2 * _MEBIBYTE))
        (file,) = opened
        assert file.closed
        await spool.write(bytes(2 * _MEBIBYTE))
        await spool.write(b"the end")
        with pytest.raises(StorageFull):
            await spool.finish()
        with pytest.raises(TooLarge):
            await spool.write(bytes(5 * _MEBIBYTE))


async def test_missing_folder_is_told(tmp_path: Path) -> None:
    """A folder that cannot be written is an outage, not the sender's fault."""
    async with Spool(tmp_path / "gone", 4 * _MEBIBYTE) as spool:
        with pytest.raises(StorageUnavailable):
            await spool.write(bytes(2 * _MEBIBYTE))


def test_leftovers_are_cleared_and_strangers_are_not(tmp_path: Path) -> None:
    """What a crash left is removed at start; other files in the folder are not ours."""
    folder = tmp_path / "spool"
    assert clear_leftovers(folder) == 0
    (folder / "axial-spool-abc").write_bytes(b"left")
    (folder / "somebody's").write_bytes(b"kept")
    assert clear_leftovers(folder) == 1
    assert _names(folder) == ["somebody's"]
