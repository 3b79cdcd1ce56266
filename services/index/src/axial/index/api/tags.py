"""The tags of instances, read from what the projection keeps of their files."""

import asyncio

import zstandard
from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.blobs import BlobStore
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.index.api.answers import JSON_TYPE, encode
from axial.index.api.arguments import tag_format, tags
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase
from axial.index.database import Database
from axial.index.orthanc_tags import TagFormat, instance_tags

router = APIRouter()

# Compressed. A header below it is decoded in some milliseconds, in which other requests can wait; one above
# it (a multi-frame's functional groups, a large structure set) goes to a thread.
_LARGE_HEADER_BYTES = 16 * 1024


@router.get("/instances/{resource_id}/tags")
async def get_tags(
    request: Request, resource_id: PathId, database: TheDatabase, blobs: TheBlobs
) -> Response:
    """Answer the tags, with their names and types unless `short` or `simplify` asks for less."""
    format_ = tag_format(request.query_params, TagFormat.FULL)
    return await _answer_tags(request, resource_id, database, blobs, format_)


@router.get("/instances/{resource_id}/simplified-tags")
async def get_simplified_tags(
    request: Request, resource_id: PathId, database: TheDatabase, blobs: TheBlobs
) -> Response:
    """Answer the tags as names and values."""
    return await _answer_tags(request, resource_id, database, blobs, TagFormat.SIMPLIFIED)


async def _answer_tags(
    request: Request,
    instance_id: ResourceId,
    database: Database,
    blobs: BlobStore,
    format_: TagFormat,
) -> Response:
    ignore_length = tags(request.query_params, "ignore-length")
    stored = await database.find_header(instance_id)
    if stored is None:
        raise NotFound
    compressed = stored.compressed
    if compressed is None:
        assert stored.blob_key is not None, "the table's constraint says so"
        compressed = await blobs.read(stored.blob_key)
    arguments = (compressed, format_, stored.pixel_data_vr, ignore_length)
    if len(compressed) > _LARGE_HEADER_BYTES:
        body = await asyncio.to_thread(_decode, *arguments)
    else:
        body = _decode(*arguments)
    return Response(body, media_type=JSON_TYPE)


def _decode(
    compressed: bytes,
    format_: TagFormat,
    pixel_data_vr: str | None,
    ignore_length: frozenset[int],
) -> bytes:
    # A decompressor of its own: it must not be used by two threads.
    raw = zstandard.ZstdDecompressor().decompress(compressed)
    shown = instance_tags(raw, format_, pixel_data_vr=pixel_data_vr, ignore_length=ignore_length)
    return encode(shown)
