"""The raw content of a file, place by place."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from axial.common.errors import NotFound
from axial.index.api.answers import answer
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase, TheReading
from axial.index.api.fresh_routes import FreshRoute
from axial.index.api.tags import away
from axial.index.content.body import Body, body_of
from axial.index.content.contents import open_contents, walk_through
from axial.index.content.path import read_path
from axial.index.content.walking import Items, Tags, Value, walk
from axial.index.headers import Header

router = APIRouter(route_class=FreshRoute)

_BINARY_TYPE = "application/octet-stream"


@router.get("/instances/{resource_id}/content")
async def get_root(
    resource_id: PathId, database: TheDatabase, blobs: TheBlobs, reading: TheReading
) -> Response:
    """Answer the tags of a file."""
    return await get_content(resource_id, "", database, blobs, reading)


@router.get("/instances/{resource_id}/content/{path:path}")
async def get_content(
    resource_id: PathId,
    path: str,
    database: TheDatabase,
    blobs: TheBlobs,
    reading: TheReading,
) -> Response:
    """Answer what is at a place: the tags of a data set, the numbers of its items, or the bytes of a value."""
    stored = await database.find_pixels(resource_id)
    if stored is None:
        raise NotFound
    wanted = read_path(path, reading.dictionary)
    compressed = stored.header
    if compressed is None:
        assert stored.header_blob_key is not None, "the table's constraint says so"
        compressed = await blobs.read(stored.header_blob_key)
    header = Header(resource_id, compressed, stored.pixel_data_vr)
    opened = open_contents(blobs, stored.blob, await away(header, header.raw))
    async with aclosing(opened.contents) as contents:
        found = await walk_through(contents, walk(wanted, opened.root, reading.dictionary))
        match found:
            case Tags(tags):
                return answer([f"{tag >> 16:04x}-{tag & 0xFFFF:04x}" for tag in tags])
            case Items(count):
                return answer([str(number) for number in range(count)])
            case Value():
                return await _answer_value(await body_of(contents, found, opened.root.stop))


async def _answer_value(body: Body) -> Response:
    """Answer bytes. The first are read before, so that a store that is away is told as such."""
    first = await anext(body.pieces, b"")
    if len(first) == body.length:
        await body.pieces.aclose()
        return Response(first, media_type=_BINARY_TYPE)
    return _ValueResponse(first, body)


class _ValueResponse(StreamingResponse):
    """A long value, which is let go of however the answer ends."""

    def __init__(self, first: bytes, body: Body) -> None:
        headers = {"Content-Length": str(body.length)}
        super().__init__(_chain(first, body.pieces), media_type=_BINARY_TYPE, headers=headers)
        self._pieces = body.pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the value; a caller that goes away in the middle must not leave a connection open."""
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)


async def _chain(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in others:
        yield piece
