"""The tags of one instance, read from what the projection keeps of its file."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.common.orthanc_tags import Json, TagFormat, file_meta_tags, instance_tags
from axial.common.reading import Reading
from axial.index.api.answers import JSON_TYPE, encode
from axial.index.api.arguments import tag_format, tags
from axial.index.api.dependencies import PathId, TheHeaders, TheReading
from axial.index.headers import Header, Headers

router = APIRouter()

_Read = TypeVar("_Read")


@router.get("/instances/{resource_id}/tags")
async def get_tags(
    request: Request, resource_id: PathId, headers: TheHeaders, reading: TheReading
) -> Response:
    """Answer the tags, with their names and types unless `short` or `simplify` asks for less."""
    format_ = tag_format(request.query_params, TagFormat.FULL)
    return await _answer_tags(request, resource_id, headers, reading, format_)


@router.get("/instances/{resource_id}/simplified-tags")
async def get_simplified_tags(
    request: Request, resource_id: PathId, headers: TheHeaders, reading: TheReading
) -> Response:
    """Answer the tags as names and values."""
    return await _answer_tags(request, resource_id, headers, reading, TagFormat.SIMPLIFIED)


@router.get("/instances/{resource_id}/header")
async def get_header(request: Request, resource_id: PathId, headers: TheHeaders) -> Response:
    """Answer the tags of the file meta information."""
    format_ = tag_format(request.query_params, TagFormat.FULL)
    header = await headers.of(resource_id)
    if header is None:
        raise NotFound
    body = await away(header, lambda: encode(file_meta_tags(header.raw(), format_)))
    return Response(body, media_type=JSON_TYPE)


def tags_of(
    header: Header, format_: TagFormat, reading: Reading, ignore_length: frozenset[int]
) -> Json:
    """Read the tags of an instance."""
    return instance_tags(
        header.raw(),
        format_,
        reading=reading,
        pixel_data_vr=header.pixel_data_vr,
        ignore_length=ignore_length,
    )


async def away(header: Header, read: Callable[[], _Read]) -> _Read:
    """Read a header at once, or on a thread when it takes so long that others would have to wait."""
    return await asyncio.to_thread(read) if header.is_large else read()


async def _answer_tags(
    request: Request,
    instance_id: ResourceId,
    headers: Headers,
    reading: Reading,
    format_: TagFormat,
) -> Response:
    ignore_length = tags(request.query_params, "ignore-length", reading.dictionary)
    header = await headers.of(instance_id)
    if header is None:
        raise NotFound
    body = await away(header, lambda: encode(tags_of(header, format_, reading, ignore_length)))
    return Response(body, media_type=JSON_TYPE)
