"""The port through which every service meets blob storage."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import IO, Protocol, Self, TypeAlias

from axial.common.errors import Conflict, StorageUnavailable

#: What can be stored: bytes already in memory, or a seekable binary file, which is stored from its
#: first byte to its last whatever its position, in bounded memory.
Body: TypeAlias = bytes | bytearray | memoryview | IO[bytes]

# Shorter than S3's limit of 1,024 bytes, to leave room for a prefix in a shared bucket.
_LONGEST_KEY_BYTES = 900

# RFC 3986's unreserved characters: what needs no quoting, so that a key is the same text as a path,
# in a URL and in S3. A segment cannot start with a dot (`..`, hidden files) and stays below every
# file system's limit of 255 bytes.
_SEGMENT = r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


class BlobExists(Conflict):
    """Another blob is already stored under this key."""


class BlobDamaged(StorageUnavailable):
    """The blob storage holds, or took in, other bytes than were sent."""


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What the store knows of a blob without reading it."""

    key: str
    size_bytes: int
    #: When the store took the blob in, by the store's own clock, in UTC.
    modified: datetime


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """Where whoever stands beside the store finds a blob without us."""

    #: Below the store's directory, or at the S3 endpoint; begins with a slash.
    path: str
    #: Of the GET request that is let in at the S3 endpoint for some minutes; none for a file.
    signed: Mapping[str, str]


class BlobReader(Protocol):
    """An opened blob, or a range of it: iterate over its chunks once, then close it.

    The end of the iteration closes it too; `async with` closes it when the iteration is cut short.
    The iteration raises `StorageUnavailable` when the store fails on the way: a short blob is never
    taken for a whole one.
    """

    @property
    def size_bytes(self) -> int:
        """The size of the whole blob, also when only a range of it was asked for."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Let go of the file or the connection; may be called twice."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class BlobStore(Protocol):
    """Bytes under unique keys, written once, read often, removed at most once.

    Keys are relative paths of plain segments, as in `2026/11/20/2358/<uuid>.dcm`; anything else is
    a `ValueError` (see `check_key`). Every method raises `StorageUnavailable` when the store cannot
    be reached or does not answer in time.
    """

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        """Store the body so that it survives a crash of everything once this returns.

        `md5` (hexadecimal) spares a store on a network from computing what the caller knows.
        Storing the same bytes again succeeds; other bytes under the same key raise `BlobExists`.
        Raises `StorageFull` when there is no room. Whatever is raised, the key then holds either
        the whole blob or nothing.
        """
        ...

    async def open(self, key: str, start: int = 0, end: int | None = None) -> BlobReader:
        """Open the bytes `[start, end)`, cut to the blob as a slice is; raises `BlobMissing`."""
        ...

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes `[start, end)` in one piece, when few; raises `BlobMissing`."""
        ...

    async def stat(self, key: str) -> BlobInfo:
        """Tell the size and the age of a blob; raises `BlobMissing`."""
        ...

    async def locate(self, key: str, size_bytes: int) -> BlobPlace:
        """Tell a proxy that we trust where a blob is.

        Raises `BlobMissing`, or `BlobDamaged` for another size, when that can be seen without asking a server:
        else the proxy has to look.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove a blob; one that is not there is removed already."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> AsyncIterator[BlobInfo]:
        """Walk the blobs whose key starts with the prefix and sorts behind `after`, in key order.

        Stores agree on the order of keys whose folders have names of one length, as above; of `a/x`
        and `a-x` S3 lists the latter first, and SeaweedFS the former. Pages are fetched as the walk
        goes, so millions of blobs need no more memory than a few; what changes meanwhile may or may
        not be seen.
        """
        ...

    async def check(self) -> None:
        """Prove that the store can be used, by writing, reading and removing a probe.

        An S3 bucket that is not there yet is made.
        """
        ...


def is_key(text: str) -> bool:
    """Tell whether the text means the same as a path, in a URL and in S3."""
    return len(text) <= _LONGEST_KEY_BYTES and _KEY.fullmatch(text) is not None


def check_key(key: str) -> None:
    """Raise `ValueError` unless it is a key."""
    if not is_key(key):
        raise ValueError("not a blob key")


def check_range(start: int, end: int | None) -> None:
    """Raise `ValueError` for a bound that would count from the end, as a negative index does."""
    if start < 0 or (end is not None and end < 0):
        raise ValueError("a negative bound of a byte range")
