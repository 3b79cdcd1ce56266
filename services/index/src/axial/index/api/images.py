"""Frames as pictures: PNG, JPEG or PAM, by `Accept`."""

from collections.abc import Callable, Coroutine
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.blobs import BlobStore
from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.index.api.decoding import DecodingRoute, frame_number, open_instance
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase, TheImageWorkers
from axial.index.api.picture_arguments import (
    jpeg_quality,
    picture_format,
    size,
    smooth,
    window,
)
from axial.index.database import Database
from axial.index.images.drawers import Drawers
from axial.index.images.reader import Image
from axial.index.images.refusals import NoSuchFrame
from axial.index.images.tasks import Format, Mode, Picture, Task
from axial.pixels.headers import whole_range
from axial.pixels.refusals import Undecodable

router = APIRouter(route_class=DecodingRoute)

_PLACEHOLDER = files("axial.index.images").joinpath("unsupported.png").read_bytes()


async def _answer(
    request: Request,
    mode: Mode,
    frame: str,
    instance_id: ResourceId,
    database: Database,
    blobs: BlobStore,
    workers: Drawers,
) -> Response:
    """Answer one frame as a picture; with `returnUnsupportedImage`, a placeholder for one that cannot be shown."""
    number = frame_number(frame)
    if number is None:
        raise NotFound
    format_ = picture_format(request.headers.get("accept"), mode)
    quality = jpeg_quality(request.query_params)
    try:
        image = await open_instance(database, blobs, instance_id)
        picture = _picture(request, image, number, mode, format_, quality)
        async with workers.turn():
            encoded = await image.frame(number)
            content = await workers.run(Task(image.pixels, encoded, picture))
    except NoSuchFrame:
        raise NotFound from None
    except Undecodable:
        if "returnUnsupportedImage" not in request.query_params:
            raise
        return Response(_PLACEHOLDER, media_type=Format.PNG)
    return Response(content, media_type=format_)


def _picture(
    request: Request, image: Image, frame: int, mode: Mode, format_: Format, quality: int
) -> Picture:
    if mode is not Mode.RENDERED:
        return Picture(mode, format_, quality)
    query = request.query_params
    width, height = size(query)
    return Picture(
        mode,
        format_,
        quality,
        image.header.rescale(frame),
        window(query, image.header.window(frame) or whole_range(image.pixels)),
        width,
        height,
        smooth(query),
    )


def _routes_of(mode: Mode) -> tuple[Callable[..., Coroutine[Any, Any, Response]], ...]:
    """Make the two routes of one kind of picture: of the first frame, and of any."""

    async def of_instance(
        request: Request,
        resource_id: PathId,
        database: TheDatabase,
        blobs: TheBlobs,
        workers: TheImageWorkers,
    ) -> Response:
        return await _answer(request, mode, "0", resource_id, database, blobs, workers)

    async def of_frame(
        request: Request,
        resource_id: PathId,
        frame: str,
        database: TheDatabase,
        blobs: TheBlobs,
        workers: TheImageWorkers,
    ) -> Response:
        return await _answer(request, mode, frame, resource_id, database, blobs, workers)

    return of_instance, of_frame


for _mode in Mode:
    _of_instance, _of_frame = _routes_of(_mode)
    router.add_api_route(
        f"/instances/{{resource_id}}/{_mode}",
        _of_instance,
        methods=["GET"],
        name=f"get_{_mode}",
        description=f"Answer the first frame as a picture: {_mode}.",
    )
    router.add_api_route(
        f"/instances/{{resource_id}}/frames/{{frame}}/{_mode}",
        _of_frame,
        methods=["GET"],
        name=f"get_frame_{_mode}",
        description=f"Answer a frame as a picture: {_mode}.",
    )
