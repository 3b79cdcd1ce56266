"""Files that a power failure does not take back."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

_READ_BYTES = 1024 * 1024


class DurableFile:
    """A new file for its owner only; closed in order, its bytes and its name are on disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        self._path = path
        self._file = path.open("wb", buffering=_READ_BYTES)
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._digest.hexdigest()

    def write(self, content: bytes) -> None:
        """Add to it."""
        self._file.write(content)
        self._digest.update(content)
        self.size_bytes += len(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
            sync_folder(self._path.parent)
        self._file.close()


def replace_durably(path: Path, content: bytes) -> None:
    """Put the content in the file's place: there is the old one or the new one, whatever happens."""
    unfinished = path.with_suffix(".new")
    with DurableFile(unfinished) as file:
        file.write(content)
    unfinished.rename(path)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """Read a file, and tell what it is."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Bring the bytes of a file to the disk that somebody else has written."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
