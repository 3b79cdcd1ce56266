"""JSON as Orthanc answers it: keys in order, UTF-8, long lists in pieces."""

import json
from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

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


async def answer_list(pages: AsyncIterator[Sequence[object]]) -> Response:
    """Answer an array: at once when it is one page, otherwise page by page as it is read.

    The first two pages are read before anything is sent, so that a database that is away is told as such.
    When it goes away later the body ends without its last chunk, which no client takes for a whole one.
    """
    first: Sequence[object] = await anext(pages, [])
    second = await anext(pages, None)
    if second is None:
        return answer(first)
    return StreamingResponse(_pieces(first, second, pages), media_type=JSON_TYPE)


async def _pieces(
    first: Sequence[object], second: Sequence[object], others: AsyncIterator[Sequence[object]]
) -> AsyncIterator[bytes]:
    yield encode(first)[:-1]
    yield _continued(second)
    async for page in others:
        yield _continued(page)
    yield b"]"


def _continued(page: Sequence[object]) -> bytes:
    """Write a page's items behind those of the pages before it; a page may have become empty meanwhile."""
    return b"," + encode(page)[1:-1] if page else b""
