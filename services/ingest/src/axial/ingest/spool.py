"""A file on its way in: in memory while it is small, on disk as soon as it is large."""

import asyncio
import errno
import hashlib
import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from axial.common.errors import StorageFull, StorageUnavailable, TooLarge

# Most instances are smaller, and a thousand of them at once still fit in memory. It is also the size of what is
# written to disk at a time: large enough that a thread per write costs little.
_MEMORY_BYTES = 1024 * 1024
# From here on the digest (0.15 ms) costs more than the way to a thread, where it leaves the loop free.
_THREAD_BYTES = 96 * 1024
_PREFIX = "axial-spool-"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A complete file, as long as its spool is open."""

    body: bytes | bytearray | BinaryIO
    size_bytes: int
    md5: str

    def peek(self, size_bytes: int) -> bytes:
        """Return the first bytes without moving the file's position."""
        if isinstance(self.body, bytes | bytearray):
            return bytes(self.body[:size_bytes])
        return os.pread(self.body.fileno(), size_bytes, 0)


class Spool:
    """Takes a file in, piece by piece; leaving the context removes whatever was put on disk.

    The file on disk has no name where the system allows that, so that a crash leaves nothing behind.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._pending: bytes | bytearray = b""
        self._size_bytes = 0
        self._digest = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = None
        # A cancelled request closes the file while a thread may still be writing to it.
        self._lock = threading.Lock()
        self._closed = False
        self._uses_disk = False
        self._found_no_room = False

    async def write(self, chunk: bytes) -> None:
        """Add a piece; raise TooLarge or StorageUnavailable.

        When there is no room, what follows is dropped and `finish` tells: a sender that is answered in the middle of
        its body, and cut off, may never read the answer.
        """
        if self._add(chunk):
            await asyncio.to_thread(self._flush)

    async def finish(self) -> Spooled:
        """Return the file, complete; or raise StorageFull."""
        if self._uses_disk or len(self._pending) > _THREAD_BYTES:
            return await asyncio.to_thread(self._finish)
        return self._finish()

    def write_in_thread(self, chunk: bytes) -> None:
        """Do as `write`, when already in a thread."""
        if self._add(chunk):
            self._flush()

    def _add(self, chunk: bytes) -> bool:
        """Take a piece; tell whether it is time to write to disk."""
        self._size_bytes += len(chunk)
        if self._size_bytes > self._limit_bytes:
            raise TooLarge
        if not self._pending:
            # The only piece of a small file is kept as it came: nothing is copied.
            self._pending = chunk
        else:
            if isinstance(self._pending, bytes):
                self._pending = bytearray(self._pending)
            self._pending += chunk
        if len(self._pending) <= _MEMORY_BYTES:
            return False
        self._uses_disk = True
        return True

    def _flush(self) -> None:
        self._digest.update(self._pending)
        try:
            with self._lock:
                if self._closed or self._found_no_room:
                    self._pending = b""
                    return
                if self._file is None:
                    self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed by the context
                        dir=self._folder, prefix=_PREFIX, buffering=0
                    )
                _write_all(self._file, self._pending)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise StorageUnavailable("The spool folder cannot be written.") from error
            self._give_up()
        self._pending = b""

    def _give_up(self) -> None:
        """Leave the disk to others: what was written is of no use any more."""
        with self._lock:
            self._found_no_room = True
            if self._file is not None:
                self._file.close()

    def _finish(self) -> Spooled:
        if self._file is None and not self._found_no_room:
            self._digest.update(self._pending)
            return Spooled(self._pending, self._size_bytes, self._digest.hexdigest())
        self._flush()
        if self._found_no_room:
            raise StorageFull
        assert self._file is not None, "it is made by the first flush"
        self._file.seek(0)
        return Spooled(self._file, self._size_bytes, self._digest.hexdigest())

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    async def close(self) -> None:
        """Remove whatever was put on disk; may be called twice."""
        self._pending = b""
        if self._uses_disk:
            # To give gigabytes back takes the file system a while.
            await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _write_all(file: BinaryIO, pending: bytes | bytearray) -> None:
    """Write everything: an unbuffered file may take less than it was given (a full disk does)."""
    with memoryview(pending) as rest:
        position = 0
        while position < len(rest):
            position += file.write(rest[position:])


def clear_leftovers(folder: Path) -> int:
    """Make the folder when it is missing, and remove what a crash left in it; return how many files.

    Raises StorageUnavailable when the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        leftovers = [path for path in folder.iterdir() if path.name.startswith(_PREFIX)]
        for path in leftovers:
            path.unlink(missing_ok=True)
        tempfile.TemporaryFile(dir=folder, prefix=_PREFIX).close()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StorageUnavailable(f"AXIAL_SPOOL_DIR {folder}: {reason}") from error
    return len(leftovers)
