"""Stored bytes as the body of an answer."""

from urllib.parse import quote

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from axial.common.blobs import BlobReader


class BlobResponse(StreamingResponse):
    """A body from the blob store, which is let go of however the answer ends."""

    def __init__(
        self, reader: BlobReader, status_code: int, headers: dict[str, str], media_type: str
    ) -> None:
        # As a header: Starlette would add a character set to a text of unknown encoding.
        super().__init__(aiter(reader), status_code, headers | {"Content-Type": media_type})
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the body; a caller that goes away in the middle must not leave a connection open."""
        async with self._reader:
            await super().__call__(scope, receive, send)


def disposition(filename: str) -> str:
    """Name the file as Orthanc does, in words that fit a header (RFC 6266)."""
    escaped = quote(filename, safe="!#$&+-.^_`|~ ()[]{}@=',;")
    if escaped == filename:
        return f'filename="{filename}"'
    return f"filename*=UTF-8''{quote(filename, safe='')}"
