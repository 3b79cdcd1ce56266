"""Answers about what has revisions."""

from http import HTTPStatus

from starlette.responses import Response

from axial.common.revisions import Revision


def not_modified(revision: Revision) -> Response:
    """Tell that the caller has this revision already."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": revision.etag})
