"""An archive as the body of an answer: packed while it is sent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing

import structlog

from axial.common.blobs import BlobStore
from axial.common.errors import AxialError
from axial.index.archives.ahead import Ahead
from axial.index.archives.packing import Packing
from axial.index.archives.reads import ArchiveReads
from axial.index.archives.selection import Branch
from axial.index.archives.transcoding import Transcoding
from axial.index.archives.walk import Form, Walk

log = structlog.get_logger(__name__)

# Smaller pieces are collected: each is some work for the server.
_PIECE_BYTES = 64 * 1024


async def archive(
    blobs: BlobStore,
    reads: ArchiveReads,
    selection: Branch,
    form: Form,
    transcoding: Transcoding | None = None,
) -> AsyncGenerator[bytes, None]:
    """Walk the bytes of the ZIP file of a selection; whoever stops on the way closes this.

    What fails on the way is raised, for the connection to be cut: what was sent must not look complete.
    """
    walk = Walk(reads, form, await reads.newest())
    ahead = Ahead(blobs, reads, with_headers=form.is_media, transcoding=transcoding)
    files = ahead.files(walk.entries(selection))
    with closing(Packing(form)) as packing:
        try:
            async with aclosing(files):
                async for taken in files:
                    if isinstance(taken.file, bytes):
                        await asyncio.to_thread(packing.add, taken, taken.file)
                    else:
                        async with taken.file as reader:
                            await asyncio.to_thread(packing.begin, taken)
                            async for chunk in reader:
                                await asyncio.to_thread(packing.write, chunk)
                                if packing.pending_bytes >= _PIECE_BYTES:
                                    yield packing.take()
                        await asyncio.to_thread(packing.end, taken)
                    if packing.pending_bytes >= _PIECE_BYTES:
                        yield packing.take()
            while await asyncio.to_thread(packing.go_on_ending):
                yield packing.take()
            yield packing.take()
        except AxialError as error:
            log.warning("archive_failed", error=type(error).__name__)
            raise
