"""A blob store in memory, for tests of what stands on one."""

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from axial.common.blobs import (
    BlobDamaged,
    BlobExists,
    BlobInfo,
    BlobMissing,
    BlobPlace,
    Body,
    StorageUnavailable,
    check_key,
    check_range,
)

# Small, so that a test of a few kilobytes already meets more than one chunk.
_CHUNK_BYTES = 4096


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryReader:
    """A range of a blob in memory."""

    def __init__(self, blob: bytes, start: int, end: int | None) -> None:
        self.size_bytes = len(blob)
        self._range = blob[start:end]
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._range), _CHUNK_BYTES):
            if self._closed:
                raise StorageUnavailable("the blob was closed while it was read")
            yield self._range[at : at + _CHUNK_BYTES]

    async def aclose(self) -> None:
        """Give no more bytes."""
        self._closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


class MemoryBlobStore:
    """A `BlobStore` in a dictionary: passes the contract's exam, and forgets all at the end."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        #: What is stored, open to the tests' eyes.
        self.blobs: dict[str, tuple[bytes, datetime]] = {}

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        """Keep a copy of the body."""
        check_key(key)
        if isinstance(body, bytes | bytearray | memoryview):
            blob = bytes(body)
        else:
            body.seek(0)
            blob = body.read()
        if md5 is not None and hashlib.md5(blob, usedforsecurity=False).hexdigest() != md5:
            raise BlobDamaged
        if key in self.blobs and self.blobs[key][0] != blob:
            raise BlobExists
        self.blobs.setdefault(key, (blob, self._now()))

    async def open(self, key: str, start: int = 0, end: int | None = None) -> MemoryReader:
        """Open a range of a blob."""
        check_range(start, end)
        return MemoryReader(self._blob(key)[0], start, end)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return a range of a blob."""
        check_range(start, end)
        return self._blob(key)[0][start:end]

    async def stat(self, key: str) -> BlobInfo:
        """Tell the size and the age of a blob."""
        blob, modified = self._blob(key)
        return BlobInfo(key, len(blob), modified)

    async def locate(self, key: str, size_bytes: int) -> BlobPlace:
        """Tell where a proxy that sees our memory would find a blob."""
        if len(self._blob(key)[0]) != size_bytes:
            raise BlobDamaged
        return BlobPlace(f"/{key}", {})

    async def delete(self, key: str) -> None:
        """Forget a blob."""
        check_key(key)
        self.blobs.pop(key, None)

    async def list(self, prefix: str = "", *, after: str = "") -> AsyncIterator[BlobInfo]:
        """Walk the blobs in key order."""
        for key, (blob, modified) in sorted(self.blobs.items()):
            if key.startswith(prefix) and key > after:
                yield BlobInfo(key, len(blob), modified)

    async def check(self) -> None:
        """Do nothing: memory can be written."""

    def _blob(self, key: str) -> tuple[bytes, datetime]:
        check_key(key)
        try:
            return self.blobs[key]
        except KeyError:
            raise BlobMissing from None
