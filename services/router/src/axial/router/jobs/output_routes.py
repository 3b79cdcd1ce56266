"""What jobs have made, as users get it."""

from http import HTTPStatus
from uuid import UUID

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
        known_id = _whose(job_id, key)
        output = None if known_id is None else await outputs.find(known_id, key)
        if output is None:
            raise _missing(key)
        try:
            reader = await blobs.open(output.blob_key)
        except BlobMissing:
            # Deleted between these lines.
            raise _missing(key) from None
        headers = {
            "Content-Disposition": disposition(output.filename),
            "Content-Length": str(output.size_bytes),
        }
        return BlobResponse(reader, HTTPStatus.OK, headers, output.media_type)

    async def delete_output(job_id: str, key: str) -> Response:
        """Delete what a job has made."""
        known_id = _whose(job_id, key)
        if known_id is None or not await outputs.drop(known_id, key):
            raise _missing(key)
        return Response(headers={"Content-Type": "text/plain"})

    router.add_api_route("/jobs/{job_id}/{key}", get_output, methods=["GET"])
    router.add_api_route("/jobs/{job_id}/{key}", delete_output, methods=["DELETE"])
    return router


def _whose(job_id: str, key: str) -> UUID | None:
    """Read whose output is meant; None when no job can have one called so."""
    return None if "\0" in key else uuid_of(job_id)


def _missing(key: str) -> Inexistent:
    return Inexistent(f"Job has no such output: {key}")
