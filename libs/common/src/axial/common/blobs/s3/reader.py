"""Reading S3's answers to a GET."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from types import TracebackType
from typing import Self

from axial.common.blobs.s3.answers import StorageRefused
from axial.common.blobs.s3.client import Request, Stream
from axial.common.http.connection import Head


class S3Reader:
    """The bytes of an answer; of none, when the range is empty."""

    def __init__(self, stream: Stream | None, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._stream is None:
            return
        try:
            while chunk := await self._stream.chunk():
                yield chunk
        finally:
            self._stream.close()

    async def aclose(self) -> None:
        """Give the connection back."""
        if self._stream is not None:
            self._stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def get(path: str, start: int, end: int | None) -> Request:
    """Ask for a range, which must not be empty, of an object that may be too short for it."""
    if start == 0 and end is None:
        return Request("GET", path)
    last = "" if end is None else end - 1
    return Request(
        "GET",
        path,
        headers=(("range", f"bytes={start}-{last}"),),
        accept={HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE},
    )


def is_beyond_the_end(head: Head) -> bool:
    """Whether the range begins behind the object's last byte."""
    return head.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def whole_size(request: Request, head: Head) -> int:
    """Find the size of the whole object in the answer to `get`."""
    try:
        if request.headers:
            # `bytes 3-4/5` or, beyond the end, `bytes */5`.
            return int(head.headers["content-range"].rpartition("/")[2])
        return int(head.headers["content-length"])
    except (KeyError, ValueError) as error:
        raise StorageRefused("the blob storage does not tell the size of a blob") from error
