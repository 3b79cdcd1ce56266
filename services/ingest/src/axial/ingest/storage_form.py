"""In which form files are kept: as they came, or compressed (Orthanc's `StorageCompression`).

A file that would hardly become smaller, because its pixels are compressed already, is kept as it is: nobody shall
inflate it for nothing.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from axial.common.blobs import Body
from axial.common.blobs.zlib_form import QuickDeflater
from axial.common.events import CompressedForm
from axial.ingest.spool import Spool, Spooled

# Less than that is not worth inflating it each time it is read.
_SMALLER_BY = 0.1
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """What is put into the blob store for a file."""

    body: Body
    md5: str
    #: None when it is the file itself.
    form: CompressedForm | None = None


class StorageForm:
    """Chooses the form of what comes in."""

    def __init__(self, spool_dir: Path, *, compresses: bool) -> None:
        self._spool_dir = spool_dir
        self._compresses = compresses

    @asynccontextmanager
    async def of(self, file: Spooled) -> AsyncIterator[Kept]:
        """Give what is to be kept of a file; raise StorageFull or StorageUnavailable when the spool is full or away."""
        if not self._compresses:
            yield Kept(file.body, file.md5)
            return
        if isinstance(file.body, bytes | bytearray):
            # A millisecond for half a megabyte, of which the interpreter knows nothing.
            body, md5 = await asyncio.to_thread(_compress, file.body)
            yield _kept(file, Spooled(body, len(body), md5))
            return
        async with Spool(self._spool_dir, limit_bytes=2 * file.size_bytes) as spool:
            await asyncio.to_thread(_compress_spooled, file, spool)
            yield _kept(file, await spool.finish())


def _kept(file: Spooled, compressed: Spooled) -> Kept:
    if compressed.size_bytes > file.size_bytes * (1 - _SMALLER_BY):
        return Kept(file.body, file.md5)
    form = CompressedForm(size_bytes=compressed.size_bytes, md5=compressed.md5)
    return Kept(compressed.body, compressed.md5, form)


def _compress(body: bytes | bytearray) -> tuple[bytes, str]:
    deflater = QuickDeflater(len(body))
    compressed = deflater.add(body) + deflater.finish()
    return compressed, hashlib.md5(compressed, usedforsecurity=False).hexdigest()


def _compress_spooled(file: Spooled, spool: Spool) -> None:
    """Compress a file on disk, in bounded memory."""
    assert not isinstance(file.body, bytes | bytearray), "what is in memory is done at once"
    deflater = QuickDeflater(file.size_bytes)
    descriptor = file.body.fileno()
    for start in range(0, file.size_bytes, _PIECE_BYTES):
        spool.write_in_thread(deflater.add(os.pread(descriptor, _PIECE_BYTES, start)))
    spool.write_in_thread(deflater.finish())
