"""Walking a directory store in the order of its keys."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from axial.common.blobs.port import BlobInfo, is_key


def walk(root: Path, prefix: str, after: str) -> Iterator[BlobInfo]:
    """Yield the blobs whose key starts with `prefix` and sorts behind `after`.

    Memory holds the names of one folder for each level. What vanishes meanwhile is left out.
    """
    return _walk(root, "", prefix, after)


def _walk(root: Path, folder: str, prefix: str, after: str) -> Iterator[BlobInfo]:
    for key in _sorted_keys(root, folder):
        if key.endswith("/"):
            # The folder is of interest if a key that starts with its name may be.
            within = key.startswith(prefix) or prefix.startswith(key)
            if within and (key > after or after.startswith(key)):
                yield from _walk(root, key, prefix, after)
        elif key.startswith(prefix) and key > after:
            try:
                status = os.lstat(root / key)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode):
                yield BlobInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


def _sorted_keys(root: Path, folder: str) -> list[str]:
    """List a folder; a folder in it bears its slash, by which it sorts among the files' keys."""
    try:
        with os.scandir(root / folder) as entries:
            return sorted(
                f"{folder}{entry.name}/"
                if entry.is_dir(follow_symlinks=False)
                else folder + entry.name
                for entry in entries
                # Others than ours: the incoming folder, a file system's `lost+found`.
                if is_key(entry.name)
            )
    except FileNotFoundError:
        return []
