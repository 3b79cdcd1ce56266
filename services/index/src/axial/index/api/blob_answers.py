"""Answers whose body is a blob, whole or a range of it."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from axial.common.blobs import BlobStore, StoredBlob, open_stored
from axial.common.downloads import BlobResponse, disposition
from axial.common.problems import Problem, problem_response
from axial.index.api.edge import Edge, hand_over
from axial.index.api.ranges import ByteRange, RangeNotSatisfiable, parse_range

_BAD_RANGE = Problem(
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 41, "Incorrect range request"
)  # Orthanc's ErrorCode_BadRange


# Of a body that is sent in one piece.
_AT_ONCE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A stored file, and how it is named to callers."""

    blob: StoredBlob
    etag: str
    filename: str
    media_type: str


async def answer_blob(request: Request, blobs: BlobStore, served: Served) -> Response:
    """Answer a stored file, or the range of it that is asked for (RFC 9110, 14)."""
    size_bytes = served.blob.size_bytes
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(request.query_params.get("filename") or served.filename),
        "ETag": served.etag,
    }
    try:
        asked = _asked_range(request, served)
    except RangeNotSatisfiable:
        refusal = problem_response(request, _BAD_RANGE)
        refusal.headers["Content-Range"] = f"bytes */{size_bytes}"
        return refusal
    part = asked or ByteRange(0, size_bytes)
    if asked:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size_bytes}"
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    edge: Edge = request.app.state.edge
    if edge.sends(request, served.blob, part):
        headers |= await hand_over(blobs, served.blob, asked) | {"Content-Type": served.media_type}
        return Response(None, status, headers)
    headers["Content-Length"] = str(part.end - part.start)
    reader = await open_stored(blobs, served.blob, part.start, part.end)
    if part.end - part.start <= _AT_ONCE_BYTES:
        async with reader:
            content = b"".join([chunk async for chunk in reader])
        return Response(content, status, headers | {"Content-Type": served.media_type})
    return BlobResponse(reader, status, headers, served.media_type)


def _asked_range(request: Request, served: Served) -> ByteRange | None:
    """Read the range, unless it is asked of another version of the blob (RFC 9110, 13.1.5)."""
    if request.headers.get("if-range", served.etag) != served.etag:
        return None
    return parse_range(request.headers.get("range"), served.blob.size_bytes)
