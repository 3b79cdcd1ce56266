"""The system calls of a directory store, each blocking and each for a thread.

A put writes the bytes under a name nobody looks for, fsyncs them, links them to their key, then
fsyncs the folder: a crash at any point leaves the whole blob or nothing under the key, and once put
has returned it stays.
"""

import itertools
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from axial.common.blobs.directory.folders import Folder, Folders
from axial.common.blobs.port import BlobExists, BlobInfo, Body
from axial.common.errors import BlobMissing, StorageUnavailable

# One step in copying a large body: a gigabyte takes a thousand.
_COPY_CHUNK_BYTES = 1024 * 1024

# How often a put begins again because its still empty folder was removed under its hands.
_ATTEMPTS = 10


class Files:
    """Blobs as files below a root; raises `OSError` beside the errors of the port."""

    def __init__(self, root: Path, incoming: int) -> None:
        self._folders = Folders(root)
        self._root = self._folders.root.descriptor
        self._incoming = incoming
        self._names = itertools.count()

    def close(self) -> None:
        """Close the folders, when no call is under way."""
        self._folders.close()

    def put(self, key: str, body: Body) -> None:
        """Store the body, durably and at once, or not at all."""
        name = str(next(self._names))
        try:
            self._write(name, body)
            self._publish(name, key)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self._incoming)

    def open(self, key: str) -> tuple[FileIO, os.stat_result]:
        """Open a blob's file."""
        try:
            file = FileIO(key, opener=_below(self._root))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise BlobMissing from error
        return file, os.fstat(file.fileno())

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """Read a range of a blob."""
        file, status = self.open(key)
        with file:
            wanted = (status.st_size if end is None else min(end, status.st_size)) - start
            return read_exactly(file, start, max(wanted, 0))

    def stat(self, key: str) -> BlobInfo:
        """Look at a blob."""
        try:
            status = os.stat(key, dir_fd=self._root, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BlobMissing from error
        if not stat.S_ISREG(status.st_mode):
            raise BlobMissing
        return BlobInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def delete(self, key: str) -> None:
        """Remove a blob with the folders that it leaves empty.

        Not fsynced: a power failure may bring the blob back, as an orphan for the sweeper.
        """
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(key, dir_fd=self._root)
        above = key.rpartition("/")[0]
        with suppress(OSError):  # not empty: the usual end of the way up
            while above:
                os.rmdir(above, dir_fd=self._root)
                above = above.rpartition("/")[0]

    def _write(self, name: str, body: Body) -> None:
        descriptor = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=self._incoming
        )
        try:
            if isinstance(body, bytes | bytearray | memoryview):
                _write_all(descriptor, memoryview(body).cast("B"))
            else:
                body.seek(0)
                while chunk := body.read(_COPY_CHUNK_BYTES):
                    _write_all(descriptor, memoryview(chunk))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _publish(self, name: str, key: str) -> None:
        """Give the finished file its key; never another file's."""
        above, _, last = key.rpartition("/")
        for _ in range(_ATTEMPTS):
            try:
                folder = self._folders.get(above)
                self._link(name, folder, last)
            except FileNotFoundError:
                self._folders.forget()
            except NotADirectoryError as error:
                raise BlobExists("a part of the blob's key is itself a blob") from error
            else:
                folder.sync()
                return
        raise StorageUnavailable("the folder of the blob vanishes again and again")

    def _link(self, name: str, folder: Folder, last: str) -> None:
        try:
            os.link(name, last, src_dir_fd=self._incoming, dst_dir_fd=folder.descriptor)
        except FileExistsError as error:
            if not self._same(name, folder, last):
                raise BlobExists from error

    def _same(self, name: str, folder: Folder, last: str) -> bool:
        """Compare byte by byte: rare, when a put is repeated because its answer was lost."""
        try:
            old = FileIO(last, opener=_below(folder.descriptor))
        except IsADirectoryError:
            return False
        with old, FileIO(name, opener=_below(self._incoming)) as new:
            while chunk := new.read(_COPY_CHUNK_BYTES):
                if chunk != old.read(len(chunk)):
                    return False
            return not old.read(1)


def _below(folder: int) -> Callable[[str, int], int]:
    """Open names that are relative to the folder, and never a symbolic link."""
    return lambda name, flags: os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def read_exactly(file: FileIO, start: int, count: int) -> bytes:
    """Read so many bytes from a position; a blob's file has them, as it never changes."""
    parts = []
    while count:
        part = os.pread(file.fileno(), count, start)
        if not part:
            raise StorageUnavailable("the blob's file is shorter than it was")
        parts.append(part)
        start += len(part)
        count -= len(part)
    return b"".join(parts)


def _write_all(descriptor: int, content: memoryview) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
