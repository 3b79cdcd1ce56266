"""The frames of an instance: which there are, as they are encoded, and as text for Matlab."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.blobs import BlobStore
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.index.api.answers import answer, answer_list
from axial.index.api.decoding import BINARY_TYPE, DecodingRoute, frame_number, open_instance
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase, TheImageWorkers
from axial.index.database import Database
from axial.index.images.drawers import Drawers
from axial.index.images.tasks import Matlab, Mode, Task
from axial.pixels.native import as_stored_bytes

router = APIRouter(route_class=DecodingRoute)

_PAGE = 10_000

# As Orthanc lists them.
_OPERATIONS = sorted([*Mode, "matlab", "numpy", "raw", "raw.gz"])

# Orthanc knows these two by name (`ParsedDicomFile::GetRawFrame`).
_TYPES = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
}


@router.get("/instances/{resource_id}/frames")
async def list_frames(resource_id: PathId, database: TheDatabase, blobs: TheBlobs) -> Response:
    """Answer the numbers of the frames."""
    image = await open_instance(database, blobs, resource_id)
    return await answer_list(_pages(image.header.frames))


async def _pages(frames: int) -> AsyncIterator[list[Any]]:
    for start in range(0, frames, _PAGE):
        yield list(range(start, min(start + _PAGE, frames)))


@router.get("/instances/{resource_id}/frames/{frame}")
async def list_operations(resource_id: PathId, frame: str) -> Response:  # noqa: ARG001 - as in Orthanc, the same for all
    """Answer what may be asked of a frame, whether it is there or not."""
    return answer(_OPERATIONS)


@router.get("/instances/{resource_id}/frames/{frame}/raw")
async def get_raw(
    resource_id: PathId,
    frame: str,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer the bytes of a frame as they are encoded."""
    content, media_type = await _raw(resource_id, frame, database, blobs, workers)
    return Response(content, media_type=media_type)


@router.get("/instances/{resource_id}/frames/{frame}/raw.gz")
async def get_raw_compressed(
    resource_id: PathId,
    frame: str,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer the bytes of a frame as they are encoded, in a gzip file."""
    content, _ = await _raw(resource_id, frame, database, blobs, workers)
    compressed = await asyncio.to_thread(gzip.compress, content, mtime=0)
    return Response(compressed, media_type="application/gzip")


async def _raw(
    instance_id: ResourceId, frame: str, database: Database, blobs: BlobStore, workers: Drawers
) -> tuple[bytes, str]:
    number = frame_number(frame)
    if number is None:
        raise NotFound
    image = await open_instance(database, blobs, instance_id)
    async with workers.turn():
        encoded = await image.frame(number)
    content, pixels = encoded.encoded, image.pixels
    if pixels.is_native:
        content = as_stored_bytes(pixels, content, encoded.skipped_bits)
    return content, _TYPES.get(pixels.transfer_syntax_uid, BINARY_TYPE)


@router.get("/instances/{resource_id}/matlab")
async def get_matlab(
    resource_id: PathId, database: TheDatabase, blobs: TheBlobs, workers: TheImageWorkers
) -> Response:
    """Answer the first frame as an expression of Octave and Matlab."""
    return await get_frame_matlab(resource_id, "0", database, blobs, workers)


@router.get("/instances/{resource_id}/frames/{frame}/matlab")
async def get_frame_matlab(
    resource_id: PathId,
    frame: str,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer a frame as an expression of Octave and Matlab."""
    number = frame_number(frame)
    if number is None:
        raise NotFound
    image = await open_instance(database, blobs, resource_id)
    async with workers.turn():
        encoded = await image.frame(number)
        content = await workers.run(Task(image.pixels, encoded, Matlab()))
    return Response(content, headers={"Content-Type": "text/plain"})
