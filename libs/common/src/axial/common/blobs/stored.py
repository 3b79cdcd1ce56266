"""Files in the blob store, read as they are whatever form they are kept in."""

from dataclasses import dataclass

from axial.common.blobs.inflating import InflatingReader
from axial.common.blobs.port import BlobDamaged, BlobReader, BlobStore, check_range


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A file, by the blob that has it."""

    key: str
    #: Of the file. A compressed blob has another size.
    size_bytes: int
    #: Kept in Orthanc's compressed form (`zlib_form`).
    is_compressed: bool = False


async def open_stored(
    blobs: BlobStore, stored: StoredBlob, start: int = 0, end: int | None = None
) -> BlobReader:
    """Open the bytes `[start, end)` of a file, cut to the file as a slice is.

    Raises `BlobMissing`; `BlobDamaged` when the store has another size; `Corrupted`, here or on the way, when the
    compressed form is broken: never is a part of a file taken for the whole.
    """
    if stored.is_compressed:
        check_range(start, end)
        span = range(stored.size_bytes)[start:end]
        inflating = InflatingReader(await blobs.open(stored.key), stored.size_bytes, span)
        try:
            await inflating.begin()
        except BaseException:
            await inflating.aclose()
            raise
        return inflating
    reader = await blobs.open(stored.key, start, end)
    if reader.size_bytes != stored.size_bytes:
        await reader.aclose()
        raise BlobDamaged
    return reader


async def read_stored(
    blobs: BlobStore, stored: StoredBlob, start: int = 0, end: int | None = None
) -> bytes:
    """Return the bytes `[start, end)` of a file in one piece, when few; raises as `open_stored`."""
    if not stored.is_compressed:
        return await blobs.read(stored.key, start, end)
    async with await open_stored(blobs, stored, start, end) as reader:
        return b"".join([chunk async for chunk in reader])
