"""Frames, instances and series as arrays of numpy, sent as they are decoded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import prod

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from axial.common.errors import BadParameter
from axial.common.flags import flag
from axial.index.api.decoding import BINARY_TYPE, DecodingRoute, frame_number, open_instance
from axial.index.api.dependencies import PathId, TheBlobs, TheDatabase, TheImageWorkers
from axial.index.api.slices import stack_of
from axial.index.images.arrays import npy_head, zipped
from axial.index.images.drawers import Drawers
from axial.index.images.reader import Image
from axial.index.images.refusals import NoSuchFrame
from axial.index.images.tasks import Numbers, Task
from axial.pixels.description import Pixels
from axial.pixels.refusals import Undecodable

router = APIRouter(route_class=DecodingRoute)

_RESCALED_TYPE = "<f4"


@dataclass(frozen=True, slots=True)
class _Layout:
    """What all frames of an array have in common."""

    value_type: str
    #: Rows, columns, channels.
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, pixels: Pixels, *, rescale: bool) -> "_Layout":
        """Tell the layout of an image's frames; colour has nothing to rescale."""
        is_rescaled = rescale and pixels.channels == 1
        value_type = _RESCALED_TYPE if is_rescaled else pixels.value_type
        return cls(value_type, (pixels.rows, pixels.columns, pixels.channels))

    @property
    def frame_bytes(self) -> int:
        """The size of one decoded frame."""
        item_bytes = int(self.value_type.lstrip("<|fiu"))
        return prod(self.shape) * item_bytes


@router.get("/instances/{resource_id}/frames/{frame}/numpy")
async def get_frame(
    request: Request,
    resource_id: PathId,
    frame: str,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer a frame: rows, columns, channels."""
    compress, rescale = _flags(request)
    number = frame_number(frame)
    if number is None:
        raise BadParameter("Expected an unsigned integer for the frame")
    image = await open_instance(database, blobs, resource_id)
    if number >= image.header.frames:
        raise NoSuchFrame
    layout = _Layout.of(image.pixels, rescale=rescale)
    frames = _frames(image, range(number, number + 1), workers, rescale=rescale)
    return await _answer(layout, layout.shape, frames, compress=compress)


@router.get("/instances/{resource_id}/numpy")
async def get_instance(
    request: Request,
    resource_id: PathId,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer all frames of an instance: frames, rows, columns, channels."""
    compress, rescale = _flags(request)
    image = await open_instance(database, blobs, resource_id)
    layout = _Layout.of(image.pixels, rescale=rescale)
    await image.check_frames()
    count = image.header.frames
    frames = _frames(image, range(count), workers, rescale=rescale)
    return await _answer(layout, (count, *layout.shape), frames, compress=compress)


@router.get("/series/{resource_id}/numpy")
async def get_series(
    request: Request,
    resource_id: PathId,
    database: TheDatabase,
    blobs: TheBlobs,
    workers: TheImageWorkers,
) -> Response:
    """Answer all frames of a series in the order of its slices: frames, rows, columns, channels."""
    compress, rescale = _flags(request)
    instances = [item.id for item in (await stack_of(database, resource_id)).slices]
    layouts, count = set(), 0
    for instance_id in instances:
        image = await open_instance(database, blobs, instance_id)
        layouts.add(_Layout.of(image.pixels, rescale=rescale))
        await image.check_frames()
        count += image.header.frames
    if len(layouts) != 1:
        raise Undecodable("The size or the format of the frames varies across the instances")
    (layout,) = layouts

    async def frames() -> AsyncIterator[bytes]:
        for instance_id in instances:
            image = await open_instance(database, blobs, instance_id)
            async for frame in _frames(image, range(image.header.frames), workers, rescale=rescale):
                yield frame

    return await _answer(layout, (count, *layout.shape), frames(), compress=compress)


def _flags(request: Request) -> tuple[bool, bool]:
    query = request.query_params
    return flag(query, "compress", absent=False), flag(query, "rescale", absent=True)


async def _frames(
    image: Image, numbers: range, workers: Drawers, *, rescale: bool
) -> AsyncIterator[bytes]:
    """Decode frames, one at a time."""
    pixels = image.pixels
    for number in numbers:
        output = Numbers(image.header.rescale(number) if rescale else None)
        async with workers.turn():
            frame = await image.frame(number)
            content = await workers.run(Task(pixels, frame, output))
        yield content


async def _answer(
    layout: _Layout, shape: tuple[int, ...], frames: AsyncIterator[bytes], *, compress: bool
) -> Response:
    """Send an array. Its first frame is decoded before, so that one that cannot be is told as such.

    When a later one fails the body ends before its time, which no client takes for a whole one.
    """
    first = await anext(frames)
    head = npy_head(layout.value_type, shape)

    async def pieces() -> AsyncIterator[bytes]:
        yield head + first
        async for frame in frames:
            if len(frame) != layout.frame_bytes:
                raise Undecodable
            yield frame

    if compress:
        return StreamingResponse(zipped(pieces()), media_type=BINARY_TYPE)
    count = prod(shape) // prod(layout.shape)
    length = len(head) + count * layout.frame_bytes
    return StreamingResponse(
        pieces(), media_type=BINARY_TYPE, headers={"Content-Length": str(length)}
    )
