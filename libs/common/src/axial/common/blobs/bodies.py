"""What is sent, as bytes or as a file."""

import asyncio
import hashlib
import os
from typing import IO

from axial.common.blobs.port import Body

# Hashing takes 1.5 ms/MiB: less is not worth the hop to a thread.
_HASH_HERE_BYTES = 1024 * 1024

# One step through a large file.
_CHUNK_BYTES = 1024 * 1024


async def size_of(body: Body) -> int:
    """Tell the size in bytes."""
    if isinstance(body, bytes | bytearray | memoryview):
        return memoryview(body).nbytes
    return await asyncio.to_thread(body.seek, 0, os.SEEK_END)


async def content_of(body: Body) -> bytes | memoryview:
    """Bring the whole body into memory, if it is not there."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return memoryview(body).cast("B")
    return await asyncio.to_thread(_read, body)


async def md5_of(body: Body) -> str:
    """Compute the MD5, in hexadecimal."""
    if isinstance(body, bytes | bytearray | memoryview):
        view = memoryview(body)
        if view.nbytes <= _HASH_HERE_BYTES:
            return _md5_of_bytes(view)
        return await asyncio.to_thread(_md5_of_bytes, view)
    return await asyncio.to_thread(_md5_of_file, body)


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _md5_of_bytes(content: memoryview) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _md5_of_file(file: IO[bytes]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
