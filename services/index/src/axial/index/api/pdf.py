"""The PDF file in an instance."""

from fastapi import APIRouter
from starlette.responses import Response

from axial.common.blobs import open_stored
from axial.common.downloads import BlobResponse
from axial.common.errors import NotFound
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase
from axial.index.api.fresh_routes import FreshRoute
from axial.index.images.documents import find_pdf

router = APIRouter(route_class=FreshRoute)

_PDF_TYPE = "application/pdf"


@router.get("/instances/{resource_id}/pdf")
async def get_pdf(resource_id: PathId, database: TheDatabase, blobs: TheBlobs) -> Response:
    """Answer the PDF file that an instance holds; 404 when it holds none."""
    stored = await database.find_pixels(resource_id)
    found = await find_pdf(blobs, stored) if stored else None
    if stored is None or found is None:
        raise NotFound
    if isinstance(found, bytes):
        return Response(found, media_type=_PDF_TYPE)
    reader = await open_stored(blobs, stored.blob, found.start, found.stop)
    headers = {"Content-Length": str(found.stop - found.start)}
    return BlobResponse(reader, 200, headers, media_type=_PDF_TYPE)
