"""What jobs have made, as users get it."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.blobs import BlobMissing, BlobStore
from axial.common.downloads import BlobResponse, disposition
from axial.common.errors import Inexistent
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.routes import uuid_of


def output_routes(outputs: Outputs, blobs: BlobStore) -> APIRouter:
    """Make the routes of what jobs have made."""
    router = APIRouter()

    async def get_output(job_id: str, key: str) -> Response:
        """Send what a job has made."""
        known_id = uuid_of(job_id)
        output = None if known_id is None else await outputs.find(known_id, key)
        if output is None:
            raise _missing()
        try:
            reader = await blobs.open(output.blob_key)
        except BlobMissing:
            # Deleted between these lines.
            raise _missing() from None
        headers = {
            "Content-Disposition": disposition(output.filename),
            "Content-Length": str(output.size_bytes),
        }
        return BlobResponse(reader, HTTPStatus.OK, headers, output.media_type)

    async def delete_output(job_id: str, key: str) -> Response:
        """Delete what a job has made."""
        known_id = uuid_of(job_id)
        if known_id is None or not await outputs.drop(known_id, key):
            raise _missing()
        return Response(headers={"Content-Type": "text/plain"})

    router.add_api_route("/jobs/{job_id}/{key}", get_output, methods=["GET"])
    router.add_api_route("/jobs/{job_id}/{key}", delete_output, methods=["DELETE"])
    return router


def _missing() -> Inexistent:
    return Inexistent("The job has no such output")
