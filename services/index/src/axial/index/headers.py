"""The headers of instances, which the projection has, or blobs of their own when they are large."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import zstandard

from axial.common.blobs import BlobMissing, BlobStore
from axial.common.identifiers import Level, ResourceId
from axial.index.database import Database
from axial.index.resources import StoredHeader

# Read by one statement: each is some kilobytes.
_PAGE_ROWS = 16
# Decompressed: a hostile header shrinks a thousandfold. Below it one is read in some milliseconds, in which other
# requests can wait; above it (a multi-frame's functional groups, a large structure set) a thread is better.
_LARGE_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Header:
    """The file of an instance up to its pixel data."""

    id: ResourceId
    #: With zstd.
    compressed: bytes
    #: None when the file has no pixel data.
    pixel_data_vr: str | None

    @property
    def is_large(self) -> bool:
        """Whether reading it takes so long that it should be done on a thread."""
        return zstandard.frame_content_size(self.compressed) > _LARGE_BYTES

    def raw(self) -> bytes:
        """Decompress it."""
        # A decompressor of its own: it must not be used by two threads.
        return zstandard.ZstdDecompressor().decompress(self.compressed)


class Headers:
    """Reads headers; `Unavailable` while Postgres or the blob store is away."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    async def of(self, instance_id: ResourceId) -> Header | None:
        """Read the header of an instance; None when there is no such instance."""
        stored = await self._database.find_header(instance_id)
        return await self._whole(instance_id, stored) if stored else None

    async def of_first(self, level: Level, resource_id: ResourceId) -> Header | None:
        """Read the header of the first instance of a resource; None when there is no such resource."""
        ids = await self._database.find_descendants(level, resource_id, Level.INSTANCE)
        return await self.of(ids[0]) if ids else None

    async def of_each(self, ids: Sequence[ResourceId]) -> AsyncIterator[Header]:
        """Read the headers of instances, one after another; those deleted meanwhile are left out."""
        for start in range(0, len(ids), _PAGE_ROWS):
            page = await self._database.find_headers(ids[start : start + _PAGE_ROWS])
            for instance_id, stored in page:
                if header := await self._whole(instance_id, stored):
                    yield header

    async def _whole(self, instance_id: ResourceId, stored: StoredHeader) -> Header | None:
        compressed = stored.compressed
        if compressed is None:
            assert stored.blob_key is not None, "the table's constraint says so"
            try:
                compressed = await self._blobs.read(stored.blob_key)
            except BlobMissing:
                return None  # replaced or deleted since its row was read
        return Header(instance_id, compressed, stored.pixel_data_vr)
