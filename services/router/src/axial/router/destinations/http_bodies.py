"""What is sent in a request: an instance's file as it is, compressed, or as the part of a multipart body."""

import asyncio
import uuid
import zlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from axial.router.destinations.http_servers import Body

# As gzip does; and the wish for its head and end, not zlib's.
_LEVEL = 6
_GZIP = zlib.MAX_WBITS | 16
# What compresses within a millisecond or two.
_AT_ONCE_BYTES = 32 * 1024


class File(Protocol):
    """The pieces of a file."""

    @property
    def size_bytes(self) -> int | None:
        """Of all together; None when only their end will tell."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read it, once."""
        ...

    async def __anext__(self) -> bytes:
        """Read the next piece; raise NotFound or Unavailable."""
        ...


class Files(Protocol):
    """Whoever has the files."""

    def open(self, instance_id: str) -> AbstractAsyncContextManager[File]:
        """Read a file piece by piece; raise NotFound or Unavailable."""
        ...


def plain(file: File) -> Body:
    """Send a file as it is."""
    return Body(file, file.size_bytes, {"Content-Type": "application/dicom"})


def compressed(file: File) -> Body:
    """Send a file compressed by gzip."""
    headers = {"Content-Type": "application/dicom", "Content-Encoding": "gzip"}
    return Body(_gzip(file), None, headers)


def multipart(file: File) -> Body:
    """Send a file as STOW-RS wants it (PS3.18 section 10.5)."""
    boundary = uuid.uuid4().hex
    before = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    after = f"\r\n--{boundary}--\r\n".encode()
    size = None if file.size_bytes is None else len(before) + file.size_bytes + len(after)
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    headers = {"Content-Type": kind, "Accept": "application/dicom+json"}
    return Body(_between(before, file, after), size, headers)


async def _between(before: bytes, file: File, after: bytes) -> AsyncIterator[bytes]:
    yield before
    async for piece in file:
        yield piece
    yield after


async def _gzip(file: File) -> AsyncIterator[bytes]:
    compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
    async for piece in file:
        if len(piece) <= _AT_ONCE_BYTES:
            made = compressor.compress(piece)
        else:
            made = await asyncio.to_thread(compressor.compress, piece)
        if made:
            yield made
    yield compressor.flush()
