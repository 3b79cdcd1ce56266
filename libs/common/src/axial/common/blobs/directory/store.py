"""Blobs as files of one directory, for a machine that needs no S3.

What the choices of this adapter were measured against is in decision 0009.
"""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing
from io import FileIO
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias, TypeVar, TypeVarTuple

from axial.common.blobs.directory.files import Files, read_exactly
from axial.common.blobs.directory.folders import make_root
from axial.common.blobs.directory.incoming import incoming
from axial.common.blobs.directory.walk import walk
from axial.common.blobs.port import (
    BlobDamaged,
    BlobInfo,
    BlobPlace,
    Body,
    check_key,
    check_range,
)
from axial.common.blobs.probe import prove
from axial.common.errors import AxialError, StorageFull, StorageUnavailable

Arguments = TypeVarTuple("Arguments")
T = TypeVar("T")
Page: TypeAlias = tuple[BlobInfo, ...]

# Measured on two cores: four are enough to keep the disk busy, eight share more fsyncs, and with
# more of them a put only waits longer.
_THREADS = 8

# Large enough that the hop to a thread is a small part of the reading, small enough to hold one for
# each of hundreds of readers.
_READ_CHUNK_BYTES = 256 * 1024

_CLOSED = "the blob was closed while it was read"

# Blobs that `list` looks at in one hop to a thread.
_PAGE = 1000

# The last is the limit of the file system, or of the process, on the size of one file.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Threads:
    """The threads that may block on the disk; turns its errors into the port's."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    async def run(self, work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Call it in a thread."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        except OSError as error:
            raise _translated(error) from error

    async def aclose(self) -> None:
        """Wait for what is under way."""
        await asyncio.to_thread(self._pool.shutdown)


class _Begun(NamedTuple):
    """A file that was opened, and the first chunk of the range in question."""

    file: FileIO
    size_bytes: int
    first: bytes
    #: Of what is left.
    span: range


class DirectoryReader:
    """A range of an open file."""

    def __init__(self, threads: Threads, begun: _Begun) -> None:
        self.size_bytes = begun.size_bytes
        self._threads = threads
        self._file = begun.file
        self._first = begun.first
        self._span = begun.span

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            if self._first:
                if self._file.closed:
                    raise StorageUnavailable(_CLOSED)
                first, self._first = self._first, b""
                yield first
            while chunk := self._span[:_READ_CHUNK_BYTES]:
                if self._file.closed:
                    raise StorageUnavailable(_CLOSED)
                self._span = self._span[_READ_CHUNK_BYTES:]
                yield await self._threads.run(read_exactly, self._file, chunk.start, len(chunk))
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close the file."""
        self._file.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


class DirectoryBlobStore:
    """A `BlobStore` of which several processes may each open their own on one directory."""

    def __init__(self, root: Path, files: Files, threads: Threads) -> None:
        self._root = root
        self._files = files
        self._threads = threads

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:  # noqa: ARG002 - nothing travels
        """Store the body; one hop to a thread, whatever its size."""
        check_key(key)
        await self._threads.run(self._files.put, key, body)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> DirectoryReader:
        """Open a range of a blob, and read its first chunk in the same hop: of most blobs that is all."""
        check_key(key)
        check_range(start, end)
        return DirectoryReader(self._threads, await self._threads.run(self._begin, key, start, end))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return a range of a blob."""
        check_key(key)
        check_range(start, end)
        return await self._threads.run(self._files.read, key, start, end)

    async def stat(self, key: str) -> BlobInfo:
        """Tell the size and the age of a blob."""
        check_key(key)
        return await self._threads.run(self._files.stat, key)

    async def locate(self, key: str, size_bytes: int) -> BlobPlace:
        """Look at a blob's file, and tell its path below the directory."""
        if (await self.stat(key)).size_bytes != size_bytes:
            raise BlobDamaged
        return BlobPlace(f"/{key}", {})

    async def delete(self, key: str) -> None:
        """Remove a blob."""
        check_key(key)
        await self._threads.run(self._files.delete, key)

    async def list(self, prefix: str = "", *, after: str = "") -> AsyncIterator[BlobInfo]:
        """Walk the blobs in key order."""
        blobs = walk(self._root, prefix, after)
        while page := await self._threads.run(_take, blobs):
            for blob in page:
                yield blob

    async def check(self) -> None:
        """Prove that the directory can be written."""
        await prove(self)

    def _begin(self, key: str, start: int, end: int | None) -> _Begun:
        file, status = self._files.open(key)
        try:
            span = range(status.st_size)[start:end]
            first = read_exactly(file, span.start, len(span[:_READ_CHUNK_BYTES]))
        except BaseException:
            file.close()
            raise
        return _Begun(file, status.st_size, first, span[len(first) :])


@asynccontextmanager
async def open_directory(root: Path) -> AsyncIterator[DirectoryBlobStore]:
    """Open the directory, made if it is not there; raises `StorageUnavailable` if it cannot be."""
    threads = Threads()
    with ExitStack() as stack:

        def opened() -> Files:
            make_root(root)
            return stack.enter_context(closing(Files(root, stack.enter_context(incoming(root)))))

        try:
            yield DirectoryBlobStore(root, await threads.run(opened), threads)
        finally:
            await threads.aclose()


def _take(blobs: Iterator[BlobInfo]) -> Page:
    return tuple(islice(blobs, _PAGE))


def _translated(error: OSError) -> AxialError:
    if error.errno in _FULL:
        return StorageFull()
    return StorageUnavailable(f"the blob directory: {error.strerror or error}")
