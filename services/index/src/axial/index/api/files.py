"""The bytes of instances, as they came."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from axial.common.blobs import BlobDamaged, BlobReader
from axial.common.errors import BadParameter, NotFound
from axial.common.problems import Problem, problem_response
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase
from axial.index.api.ranges import ByteRange, RangeNotSatisfiable, parse_range
from axial.index.resources import StoredFile

router = APIRouter()

_BAD_RANGE = Problem(
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 41, "Incorrect range request"
)  # Orthanc's ErrorCode_BadRange


class BlobResponse(StreamingResponse):
    """A body from the blob store, which is let go of however the answer ends."""

    def __init__(
        self,
        reader: BlobReader,
        status_code: int,
        headers: dict[str, str],
        media_type: str = "application/dicom",
    ) -> None:
        super().__init__(aiter(reader), status_code, headers, media_type)
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the body; a caller that goes away in the middle must not leave a connection open."""
        async with self._reader:
            await super().__call__(scope, receive, send)


@router.get("/instances/{resource_id}/file")
async def get_file(
    request: Request, resource_id: PathId, database: TheDatabase, blobs: TheBlobs
) -> Response:
    """Answer the file, or a range of it."""
    file = await database.find_file(resource_id)
    if file is None:
        raise NotFound
    _refuse_to_transcode(request, file)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": _disposition(
            request.query_params.get("filename") or f"{resource_id}.dcm"
        ),
        "ETag": f'"{file.md5}"',
    }
    if _has(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        asked = _asked_range(request, file, headers["ETag"])
    except RangeNotSatisfiable:
        refusal = problem_response(request, _BAD_RANGE)
        refusal.headers["Content-Range"] = f"bytes */{file.size_bytes}"
        return refusal
    part = asked or ByteRange(0, file.size_bytes)
    headers["Content-Length"] = str(part.end - part.start)
    if asked:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.size_bytes}"
    reader = await blobs.open(file.blob_key, part.start, part.end)
    if reader.size_bytes != file.size_bytes:
        await reader.aclose()
        raise BlobDamaged
    status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
    return BlobResponse(reader, status, headers)


def _refuse_to_transcode(request: Request, file: StoredFile) -> None:
    """Refuse another transfer syntax than the file's own: to send the file as it is would be a lie."""
    wanted = request.query_params.get("transcode")
    if wanted is not None and wanted != file.transfer_syntax_uid:
        raise BadParameter("Transcoding is not offered")


def _asked_range(request: Request, file: StoredFile, etag: str) -> ByteRange | None:
    """Read the range, unless it is asked of another version of the file (RFC 9110, 13.1.5)."""
    if request.headers.get("if-range", etag) != etag:
        return None
    return parse_range(request.headers.get("range"), file.size_bytes)


def _has(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the caller has this version already (RFC 9110, 13.1.2)."""
    known = [text.strip().removeprefix("W/") for text in (if_none_match or "").split(",")]
    return etag in known or "*" in known


def _disposition(filename: str) -> str:
    """Name the file as Orthanc does, in words that fit a header (RFC 6266)."""
    escaped = quote(filename, safe="!#$&+-.^_`|~ ()[]{}@=',;")
    if escaped == filename:
        return f'filename="{filename}"'
    return f"filename*=UTF-8''{quote(filename, safe='')}"
