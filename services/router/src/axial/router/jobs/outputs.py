"""What jobs make: blobs, each announced before it is written, so that none is ever forgotten."""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

import structlog

from axial.common.blobs import BlobStore
from axial.common.errors import StorageFull, StorageUnavailable, Unavailable
from axial.common.postgres import Pool, Statements, away_is_unavailable

log = structlog.get_logger(__name__)

# What is written to disk at a time: large enough that a thread for it costs little.
_WRITE_BYTES = 1024 * 1024
# An output may still be written by whoever has lost its job, or let go of it; nobody goes on for so long.
_UNFINISHED_SECONDS = 1800.0
_SWEPT_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Output:
    """A blob that a job has made."""

    blob_key: str
    size_bytes: int
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How many outputs are kept of all jobs of some types together."""

    type_names: tuple[str, ...]
    most: int


class Outputs:
    """Keeps what jobs make; raises Unavailable while Postgres or the blob store is away."""

    def __init__(
        self,
        pool: Pool,
        blobs: BlobStore,
        replica: UUID,
        folder: Path,
        retention: Retention | None = None,
    ) -> None:
        self._pool = pool
        self._blobs = blobs
        self._replica = replica
        #: Where they wait on disk until they are stored.
        self._folder = folder
        #: None to keep them as long as their jobs.
        self._retention = retention
        self._statements = Statements("axial.router.sql")

    async def write(
        self, job_id: UUID, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Keep an output of a job in our hand, in the place of an earlier one; return its size in bytes."""
        # Not a key of ingest's, which its sweeper would judge.
        blob_key = f"jobs/{job_id.hex}/{uuid.uuid4().hex}"
        with _temporary_file(self._folder) as file:
            size_bytes = await _spool(pieces, file)
            async with away_is_unavailable():
                await self._pool.execute(
                    self._statements["job_output_announce"],
                    blob_key,
                    job_id,
                    key,
                    self._replica,
                    media_type,
                    filename,
                )
            try:
                await self._blobs.put(blob_key, file)
                async with away_is_unavailable():
                    finished = await self._pool.fetchval(
                        self._statements["job_output_finish"], blob_key, size_bytes
                    )
            except Exception:
                # Else it is found by whoever sweeps; so is what was cancelled, which a thread may still be writing.
                with suppress(Unavailable):
                    await self._remove(blob_key)
                raise
        if finished:
            # Else it is done by whoever sweeps.
            with suppress(Unavailable):
                await self._retire()
        else:
            await self._remove(blob_key)
        return size_bytes

    async def find(self, job_id: UUID, key: str) -> Output | None:
        """Find an output of a job that succeeded."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["job_output_find"], job_id, key)
        if row is None:
            return None
        return Output(row["blob_key"], row["size_bytes"], row["media_type"], row["filename"])

    async def drop(self, job_id: UUID, key: str) -> bool:
        """Take an output from a job that succeeded; False when it has none of this name."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["job_output_drop"], job_id, key)
        return row is not None

    async def sweep(self) -> None:
        """Remove what nobody will ask for."""
        await self._retire()
        async with away_is_unavailable():
            rows = await self._pool.fetch(
                self._statements["job_output_garbage"], _UNFINISHED_SECONDS, _SWEPT_AT_ONCE
            )
        for row in rows:
            await self._remove(row["blob_key"])
        if rows:
            log.debug("job_outputs_removed", count=len(rows))

    async def _retire(self) -> None:
        """Take from their jobs what is more than is to be kept; the blobs are removed later."""
        if self._retention is None:
            return
        async with away_is_unavailable():
            await self._pool.execute(
                self._statements["job_output_retire"],
                self._retention.type_names,
                self._retention.most,
            )

    async def _remove(self, blob_key: str) -> None:
        """Remove a blob, and only then what tells of it."""
        await self._blobs.delete(blob_key)
        async with away_is_unavailable():
            await self._pool.execute(self._statements["job_output_remove"], blob_key)


def _temporary_file(folder: Path) -> IO[bytes]:
    """Open a file without a name, so that a crash leaves nothing behind."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise StorageUnavailable from error


async def _spool(pieces: AsyncIterator[bytes], file: IO[bytes]) -> int:
    size_bytes = 0
    pending = bytearray()
    async for piece in pieces:
        size_bytes += len(piece)
        pending += piece
        if len(pending) >= _WRITE_BYTES:
            await asyncio.to_thread(_write, file, bytes(pending))
            pending.clear()
    await asyncio.to_thread(_write, file, bytes(pending))
    return size_bytes


def _write(file: IO[bytes], content: bytes) -> None:
    try:
        file.write(content)
        file.flush()
    except OSError as error:
        raise StorageFull from error
