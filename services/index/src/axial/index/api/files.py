"""The bytes of instances, as they came.

The one route that is asked for thousands of times a second: it takes the request alone, and is found without the
router (`axial.common.exact_paths`).
"""

import re
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.blobs import StoredRanges
from axial.common.downloads import BlobResponse, disposition
from axial.common.errors import NotFound
from axial.common.exact_paths import ExactPath
from axial.common.identifiers import ResourceId
from axial.index.api.blob_answers import Served, answer_blob
from axial.index.api.dependencies import (
    blobs,
    configuration,
    database,
    resource_id,
    transcoder,
)
from axial.index.api.fresh_routes import looking_again
from axial.index.api.transcoding import read_quality, read_transfer_syntax, wish_of
from axial.index.resources import StoredFile

router = APIRouter()

_ROUTE = "/instances/{resource_id}/file"
_PATH = re.compile("/instances/([0-9a-f-]{44})/file")


@router.get(_ROUTE)
@looking_again
async def get_file(request: Request) -> Response:
    """Answer the file, or a range of it."""
    instance = await resource_id(request.path_params["resource_id"])
    file = await (await database(request)).find_file(instance)
    if file is None:
        raise NotFound
    wanted = request.query_params.get("transcode")
    if wanted is not None and wanted != file.transfer_syntax_uid:
        return await _transcoded(request, instance, file)
    etag = f'"{file.md5}"'
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    served = Served(file.blob, etag, f"{instance}.dcm", "application/dicom")
    return await answer_blob(request, await blobs(request), served)


class FilePaths:
    """The paths of all instances' files, as `ExactPaths` looks them up."""

    def get(self, path: str, /) -> ExactPath | None:
        """Tell where a path leads; None when it is not one of them."""
        found = _PATH.fullmatch(path)
        return ExactPath(_ROUTE, {"resource_id": found[1]}, get_file) if found else None


async def _transcoded(request: Request, instance: ResourceId, file: StoredFile) -> Response:
    """Answer the file in another transfer syntax, whole: it is complete before any of it is sent."""
    query = request.query_params
    usual_quality = (await configuration(request)).dicom_lossy_transcoding_quality
    wish = wish_of(
        read_transfer_syntax(query["transcode"]),
        read_quality(query.get("lossy-quality")),
        usual_quality,
    )
    assert wish is not None, "it is asked for"
    source = StoredRanges(await blobs(request), file.blob)
    written = await (await transcoder(request)).transcode(source, file.size_bytes, wish)
    headers = {
        "Content-Disposition": disposition(query.get("filename") or f"{instance}.dcm"),
        "Content-Length": str(written.size_bytes),
    }
    return BlobResponse(written, HTTPStatus.OK, headers, "application/dicom")


def _has(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the caller has this version already (RFC 9110, 13.1.2)."""
    known = [text.strip().removeprefix("W/") for text in (if_none_match or "").split(",")]
    return etag in known or "*" in known
