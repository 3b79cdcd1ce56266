"""The bytes of a request's body as they arrive: inflated, and never more than allowed."""

import asyncio
import zlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from axial.common.errors import Rejected, TooLarge

# A sender that says nothing for this long is given up: it would hold its part of the spool for ever.
_SILENCE_SECONDS = 60.0
# What one inflated piece may measure: bounds the memory a zip bomb takes, and the time between two turns of the loop.
_INFLATED_BYTES = 256 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_PLAIN = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})


class TooSlow(Rejected):
    """The body stopped arriving before its end."""

    def __init__(self) -> None:
        super().__init__("too_slow")


def check_declared_size(request: Request, limit_bytes: int) -> None:
    """Raise TooLarge before a byte is read, when the sender says that there are too many."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise TooLarge


def body_of(
    request: Request, limit_bytes: int, silence_seconds: float = _SILENCE_SECONDS
) -> AsyncIterator[bytes]:
    """Read a body, which is inflated when its `Content-Encoding` says so.

    Raises TooLarge, TooSlow, starlette's ClientDisconnect, and Rejected for a broken encoding.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    chunks = _chunks(request, limit_bytes, silence_seconds)
    if encoding in _PLAIN:
        return chunks
    if encoding in _GZIP:
        return gunzip(chunks, limit_bytes)
    raise Rejected("unknown_encoding", "The only known Content-Encoding is gzip")


async def _chunks(
    request: Request, limit_bytes: int, silence_seconds: float
) -> AsyncIterator[bytes]:
    size_bytes = 0
    more = True
    while more:
        try:
            async with asyncio.timeout(silence_seconds):
                message = await request.receive()
        except TimeoutError:
            raise TooSlow from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise TooLarge
        if chunk:
            yield chunk


async def gunzip(chunks: AsyncIterator[bytes], limit_bytes: int) -> AsyncIterator[bytes]:
    """Inflate gzip members (RFC 1952 allows several in a row), piece by piece."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    begun = False
    size_bytes = 0
    async for chunk in chunks:
        rest = chunk
        while rest:
            if inflater.eof:
                inflater = zlib.decompressobj(_GZIP_WINDOW)
            begun = True
            try:
                inflated = inflater.decompress(rest, _INFLATED_BYTES)
            except zlib.error:
                raise Rejected("bad_gzip", "The gzip body is damaged") from None
            size_bytes += len(inflated)
            if size_bytes > limit_bytes:
                raise TooLarge
            if inflated:
                yield inflated
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if begun and not inflater.eof:
        raise Rejected("bad_gzip", "The gzip body is cut short")
