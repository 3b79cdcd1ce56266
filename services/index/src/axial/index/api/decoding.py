"""What the routes of images share: opening one, and telling why one cannot be shown."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.responses import Response

from axial.common.blobs import BlobStore
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.common.problems import Problem, problem_response
from axial.index.api.fresh_routes import FreshRoute
from axial.index.api.picture_arguments import NOT_ACCEPTABLE, NotAcceptable
from axial.index.database import Database
from axial.index.images.reader import Image, open_image
from axial.pixels.refusals import Undecodable

BINARY_TYPE = "application/octet-stream"

_UNSUPPORTED = Problem(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, 3000, "Unsupported media type"
)  # Orthanc's ErrorCode_UnsupportedMediaType

# A longer number is no frame's.
_LONGEST_NUMBER_DIGITS = 10


class DecodingRoute(FreshRoute):
    """A route that answers 415, with the reason, when an image cannot be decoded."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except Undecodable as error:
                return problem_response(request, _UNSUPPORTED, error.message.rstrip("."))
            except NotAcceptable as error:
                return problem_response(request, NOT_ACCEPTABLE, error.message.rstrip("."))

        return handle


async def open_instance(database: Database, blobs: BlobStore, instance_id: ResourceId) -> Image:
    """Open the image of an instance; raises `NotFound`."""
    stored = await database.find_pixels(instance_id)
    if stored is None:
        raise NotFound
    return await open_image(blobs, stored)


def frame_number(text: str) -> int | None:
    """Read the number of a frame from the path; None when it is none."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER_DIGITS:
        return None
    return int(text)
