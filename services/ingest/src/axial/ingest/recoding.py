"""A file in its other form: compressed when it was not, and the other way round; in bounded memory."""

import asyncio
import hashlib

from axial.common.blobs import BlobStore, open_stored
from axial.common.blobs.zlib_form import Deflater
from axial.common.errors import Corrupted
from axial.ingest.lookup import FoundFile
from axial.ingest.spool import Spool, Spooled


def most_bytes(file: FoundFile) -> int:
    """Bound the size of either form: what cannot be compressed grows by a few bytes per block."""
    return file.size_bytes + file.size_bytes // 256 + 64 * 1024


async def recode(blobs: BlobStore, file: FoundFile, spool: Spool) -> Spooled:
    """Read a file and spool its other form.

    Raises `BlobMissing`, and `Corrupted` when it is not what was stored: that must not be taken for the file.
    """
    if file.is_compressed:
        return await _uncompress(blobs, file, spool)
    return await _compress(blobs, file, spool)


async def _uncompress(blobs: BlobStore, file: FoundFile, spool: Spool) -> Spooled:
    async with await open_stored(blobs, file.blob) as reader:
        async for chunk in reader:
            await spool.write(chunk)
    spooled = await spool.finish()
    if spooled.md5 != file.md5:
        raise Corrupted
    return spooled


async def _compress(blobs: BlobStore, file: FoundFile, spool: Spool) -> Spooled:
    deflater, digest = Deflater(file.size_bytes), hashlib.md5(usedforsecurity=False)

    def add(chunk: bytes) -> bytes:
        digest.update(chunk)
        return deflater.add(chunk)

    async with await open_stored(blobs, file.blob) as reader:
        async for chunk in reader:
            if compressed := await asyncio.to_thread(add, chunk):
                await spool.write(compressed)
    if digest.hexdigest() != file.md5:
        raise Corrupted
    await spool.write(await asyncio.to_thread(deflater.finish))
    return await spool.finish()
