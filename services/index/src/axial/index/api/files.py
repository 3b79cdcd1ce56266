"""The bytes of instances, as they came."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadParameter, NotFound
from axial.index.api.blob_answers import Served, answer_blob
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase
from axial.index.resources import StoredFile

router = APIRouter()


@router.get("/instances/{resource_id}/file")
async def get_file(
    request: Request, resource_id: PathId, database: TheDatabase, blobs: TheBlobs
) -> Response:
    """Answer the file, or a range of it."""
    file = await database.find_file(resource_id)
    if file is None:
        raise NotFound
    _refuse_to_transcode(request, file)
    etag = f'"{file.md5}"'
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    served = Served(file.blob_key, file.size_bytes, etag, f"{resource_id}.dcm", "application/dicom")
    return await answer_blob(request, blobs, served)


def _refuse_to_transcode(request: Request, file: StoredFile) -> None:
    """Refuse another transfer syntax than the file's own: to send the file as it is would be a lie."""
    wanted = request.query_params.get("transcode")
    if wanted is not None and wanted != file.transfer_syntax_uid:
        raise BadParameter("Transcoding is not offered")


def _has(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the caller has this version already (RFC 9110, 13.1.2)."""
    known = [text.strip().removeprefix("W/") for text in (if_none_match or "").split(",")]
    return etag in known or "*" in known
