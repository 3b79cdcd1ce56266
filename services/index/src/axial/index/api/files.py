"""The bytes of instances, as they came.

The one route that is asked for thousands of times a second: it takes the request alone, and is found without the
router (`axial.common.exact_paths`).
"""

import re
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.errors import BadParameter, NotFound
from axial.common.exact_paths import ExactPath
from axial.index.api.blob_answers import Served, answer_blob
from axial.index.api.dependencies import blobs, database, resource_id
from axial.index.api.fresh_routes import looking_again
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
    _refuse_to_transcode(request, file)
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


def _refuse_to_transcode(request: Request, file: StoredFile) -> None:
    """Refuse another transfer syntax than the file's own: to send the file as it is would be a lie."""
    wanted = request.query_params.get("transcode")
    if wanted is not None and wanted != file.transfer_syntax_uid:
        raise BadParameter("Transcoding is not offered")


def _has(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the caller has this version already (RFC 9110, 13.1.2)."""
    known = [text.strip().removeprefix("W/") for text in (if_none_match or "").split(",")]
    return etag in known or "*" in known
