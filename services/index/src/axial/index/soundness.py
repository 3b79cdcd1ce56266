"""Whether the blobs that a file is kept in are what was stored."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import asyncpg
import zstandard

from axial.common.annotation_names import CoreContent
from axial.common.blobs import BlobMissing, BlobStore, StoredBlob
from axial.common.blobs.checking import Difference, Known, Pace, find_difference
from axial.common.identifiers import ResourceId


class Flaw(StrEnum):
    """What is wrong with a blob."""

    MISSING = "missing"
    SIZE = "size"
    MD5 = "md5"
    #: The header of an instance does not end where it should, or is none.
    HEADER = "header"


_FLAWS = {Difference.SIZE: Flaw.SIZE, Difference.MD5: Flaw.MD5}


@dataclass(frozen=True, slots=True)
class Kept:
    """A blob that a file is kept in, and what it should be."""

    resource_id: ResourceId
    #: As among the attachments: 1 is the file of an instance, 3 its header.
    number: int
    key: str
    #: None for a header: nobody has noted its sum, but it says its size itself.
    known: Known | None


def kept_blobs(row: asyncpg.Record) -> Iterator[Kept]:
    """List the blobs of a row of `page_of_blobs`."""
    known = _known(row)
    yield Kept(row["resource_id"], row["number"], row["blob_key"], known)
    if header_key := row["header_blob_key"]:
        yield Kept(row["resource_id"], CoreContent.DICOM_UNTIL_PIXEL_DATA, header_key, None)


async def find_flaw(blobs: BlobStore, kept: Kept, pace: Pace | None = None) -> Flaw | None:
    """Read a blob to its end; None when it is what it should be."""
    try:
        if kept.known is None:
            return await _find_flaw_of_header(blobs, kept.key, pace)
        difference = await find_difference(blobs, kept.known, pace)
    except BlobMissing:
        return Flaw.MISSING
    return _FLAWS[difference] if difference else None


async def _find_flaw_of_header(blobs: BlobStore, key: str, pace: Pace | None) -> Flaw | None:
    compressed = await blobs.read(key)
    is_whole = await asyncio.to_thread(_is_whole, compressed)
    if pace is not None:
        await pace(len(compressed))
    return None if is_whole else Flaw.HEADER


def _is_whole(compressed: bytes) -> bool:
    """Decompress a header piece by piece: a hostile one is large."""
    try:
        size_bytes = zstandard.frame_content_size(compressed)
        pieces = zstandard.ZstdDecompressor().read_to_iter(compressed)
        return sum(len(piece) for piece in pieces) == size_bytes
    except zstandard.ZstdError:
        return False


def _known(row: asyncpg.Record) -> Known:
    compressed = row["compressed_size_bytes"]
    return Known(
        StoredBlob(row["blob_key"], row["size_bytes"], compressed is not None),
        row["md5"],
        row["size_bytes"] if compressed is None else compressed,
        row["compressed_md5"] or row["md5"],
    )
