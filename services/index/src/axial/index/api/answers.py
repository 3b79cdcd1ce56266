"""JSON as Orthanc answers it: keys in order, UTF-8, long lists in pieces."""

import json
from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

from axial.index.turns import Turns

JSON_TYPE = "application/json; charset=utf-8"


def encode(value: object) -> bytes:
    """Write compact JSON with sorted keys."""
    return json.dumps(
        value, ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
    ).encode()


def answer(value: object) -> Response:
    """Answer one value."""
    return Response(encode(value), media_type=JSON_TYPE)


def answer_text(text: str) -> Response:
    """Answer a text; like Orthanc without a character set, which Starlette would add by itself."""
    return Response(text, headers={"Content-Type": "text/plain"})


async def answer_list(
    pages: AsyncIterator[Sequence[object]], turns: Turns | None = None
) -> Response:
    """Answer an array: at once when it is one page, otherwise page by page as it is read, in turns if wanted.

    The first two pages are read before anything is sent, so that a database that is away is told as such.
    When it goes away later the body ends without its last chunk, which no client takes for a whole one.
    """
    arrays = _encoded(pages)
    if turns is not None:
        arrays = turns.each(arrays)
    first = await anext(arrays, b"[]")
    second = await anext(arrays, None)
    if second is None:
        return Response(first, media_type=JSON_TYPE)
    return StreamingResponse(_pieces(first, second, arrays), media_type=JSON_TYPE)


async def _encoded(pages: AsyncIterator[Sequence[object]]) -> AsyncIterator[bytes]:
    """Write each page as an array of its own: as bytes it takes a fraction of the memory."""
    async for page in pages:
        yield encode(page)


async def _pieces(
    first: bytes, second: bytes, others: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    yield first[:-1]
    yield _continued(second)
    async for array in others:
        yield _continued(array)
    yield b"]"


def _continued(array: bytes) -> bytes:
    """Write an array's items behind those of the arrays before it; one may have become empty meanwhile."""
    return b"," + array[1:-1] if len(array) > len(b"[]") else b""
