"""A long list as the answer to a request, never whole in memory."""

import json
from collections.abc import AsyncIterable, AsyncIterator

from starlette.responses import Response, StreamingResponse

from axial.common.orthanc_tags import Json

# Shorter ones are answered whole, with their length.
_PIECE_BYTES = 256 * 1024
_MEDIA_TYPE = "application/json; charset=utf-8"


async def answer_list(values: AsyncIterable[Json]) -> Response:
    """Answer values as they come, their keys in order; what is raised before much has come is raised."""
    pieces = _pieces(values)
    first = await anext(pieces)
    second = await anext(pieces, None)
    if second is None:
        return Response(first, media_type=_MEDIA_TYPE)

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        yield second
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_pieces(), media_type=_MEDIA_TYPE)


async def _pieces(values: AsyncIterable[Json]) -> AsyncIterator[bytes]:
    piece = bytearray(b"[")
    comma = b""
    async for value in values:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        piece += comma + text.encode("utf-8", "backslashreplace")
        comma = b","
        if len(piece) > _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece + b"]")
