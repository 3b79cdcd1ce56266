"""What is left on the engines' disks."""

import os
from pathlib import Path

import pytest

from axial.common.errors import StorageFull
from axial.ingest.reserve import Reserve

pytestmark = pytest.mark.unit


def _with_free(monkeypatch: pytest.MonkeyPatch, free: dict[str, int]) -> None:
    """Have disks with so many bytes free, in blocks of 4 KiB; others are not there."""

    def statvfs(folder: Path) -> os.statvfs_result:
        if folder.name not in free:
            raise FileNotFoundError
        blocks = free[folder.name] // 4096
        # What is free to root alone is more.
        return os.statvfs_result((512, 4096, 10**9, blocks + 100, blocks, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "statvfs", statvfs)


def test_uploads_end_before_commands_and_these_before_the_engines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Uploads leave the reserve, with what they bring themselves; commands leave an eighth of it."""
    reserve = Reserve([Path("log"), Path("rows")], 8 * 4096)
    _with_free(monkeypatch, {"log": 10 * 4096, "rows": 9 * 4096})
    reserve.check_upload(4096)
    with pytest.raises(StorageFull):
        reserve.check_upload(4097)
    _with_free(monkeypatch, {"log": 10 * 4096, "rows": 4096})
    reserve.check_command()
    with pytest.raises(StorageFull):
        reserve.check_upload(0)
    _with_free(monkeypatch, {"log": 10 * 4096, "rows": 0})
    with pytest.raises(StorageFull):
        reserve.check_command()


def test_a_folder_that_is_away_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it can be written, its engine tells; and without folders nothing is refused."""
    _with_free(monkeypatch, {})
    Reserve([Path("gone")], 4096).check_upload(10**12)
    Reserve([], 4096).check_upload(10**12)
