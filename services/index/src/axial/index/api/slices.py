"""The slices of a series in their order."""

from collections.abc import Iterator, Sequence

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from axial.common.errors import NotFound
from axial.common.identifiers import Level, ResourceId
from axial.index.api.answers import JSON_TYPE, encode
from axial.index.api.dependencies import PathId, TheDatabase
from axial.index.database import PAGE_ROWS, Database
from axial.index.images.ordering import Slice, Stack, stack
from axial.index.resources import Instance
from axial.pixels.headers import MAX_FRAMES

router = APIRouter()

# Written at once: some hundred kilobytes.
_PATHS_A_PIECE = 4000


@router.get("/series/{resource_id}/ordered-slices")
async def get_ordered_slices(resource_id: PathId, database: TheDatabase) -> Response:
    """Answer the paths of the instances and of their frames, as they are to be looked at."""
    found = await stack_of(database, resource_id)
    return StreamingResponse(_pieces(found), media_type=JSON_TYPE)


async def stack_of(database: Database, series_id: ResourceId) -> Stack:
    """Order the instances of a series; raises `NotFound`."""
    ids = await database.find_descendants(Level.SERIES, series_id, Level.INSTANCE)
    if not ids:
        raise NotFound
    found: list[Slice] = []
    for start in range(0, len(ids), PAGE_ROWS):
        page = await database.find(Level.INSTANCE, ids[start : start + PAGE_ROWS])
        found += [
            Slice(item.id, item.index_in_series, item.main_dicom_tags)
            for item in page
            if isinstance(item, Instance)
        ]
    return stack(found)


def _pieces(found: Stack) -> Iterator[bytes]:
    """Write the answer piece by piece: a film has a path for each of its frames."""
    files = [f"/instances/{item.id}/file" for item in found.slices]
    yield b'{"Dicom":' + encode(files) + b',"Slices":['
    separator = b""
    for item in found.slices:
        for paths in _paths(item):
            yield separator + encode(paths)[1:-1]
            separator = b","
    short = [(item.id, 0, _frames(item)) for item in found.slices]
    kind = "Volume" if found.is_volume else "Sequence"
    yield b'],"SlicesShort":' + encode(short) + b',"Type":' + encode(kind) + b"}"


def _paths(item: Slice) -> Iterator[Sequence[str]]:
    frames = range(_frames(item))
    for start in range(0, len(frames), _PATHS_A_PIECE):
        yield [
            f"/instances/{item.id}/frames/{frame}"
            for frame in frames[start : start + _PATHS_A_PIECE]
        ]


def _frames(item: Slice) -> int:
    """Tell the number of frames, one when it is not told or impossible."""
    text = item.tags.get("NumberOfFrames", "").strip()
    frames = int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000") else 1
    return frames if 0 < frames <= MAX_FRAMES else 1
