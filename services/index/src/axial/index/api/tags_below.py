"""The tags of what is below a resource: of all its instances, those they share, those of its module."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from axial.common.dicom_modules import MODULES
from axial.common.errors import NotFound
from axial.common.identifiers import Level, ResourceId
from axial.common.orthanc_tags import Json, TagFormat
from axial.common.reading import Reading
from axial.common.tag_formats import in_format, shared, within
from axial.index.api.answers import JSON_TYPE, answer, encode
from axial.index.api.arguments import tag_format, tags
from axial.index.api.dependencies import PathId, TheDatabase, TheHeaders, TheReading
from axial.index.api.tags import away, tags_of
from axial.index.database import Database
from axial.index.headers import Headers

router = APIRouter()

_NOTHING: frozenset[int] = frozenset()


def _add_module(path: str, level: Level, module: Level) -> None:
    """Add the attributes of a module, as the first instance has them."""

    async def get_module(
        request: Request, resource_id: PathId, headers: TheHeaders, reading: TheReading
    ) -> Response:
        """Answer the tags of one module."""
        ignore_length = tags(request.query_params, "ignore-length", reading.dictionary)
        format_ = tag_format(request.query_params, TagFormat.FULL)
        header = await headers.of_first(level, resource_id)
        if header is None:
            raise NotFound
        full = await away(header, lambda: tags_of(header, TagFormat.FULL, reading, ignore_length))
        return answer(in_format(within(full, MODULES[module]), format_))

    router.add_api_route(path, get_module, methods=["GET"])


def _add_level(level: Level) -> None:
    """Add what is told of all instances of a patient, study or series."""

    async def get_shared_tags(
        request: Request,
        resource_id: PathId,
        database: TheDatabase,
        headers: TheHeaders,
        reading: TheReading,
    ) -> Response:
        """Answer the texts that are the same in all instances."""
        format_ = tag_format(request.query_params, TagFormat.FULL)
        ids = await _instances_of(database, level, resource_id)
        found: Json | None = None
        async for header in headers.of_each(ids):
            full = await away(header, lambda: tags_of(header, TagFormat.FULL, reading, _NOTHING))  # noqa: B023 - called at once
            found = shared(found, full)
            if not found:
                break
        return answer(in_format(found or {}, format_))

    async def get_instances_tags(
        request: Request,
        resource_id: PathId,
        database: TheDatabase,
        headers: TheHeaders,
        reading: TheReading,
    ) -> Response:
        """Answer the tags of each instance, as they are read."""
        ignore_length = tags(request.query_params, "ignore-length", reading.dictionary)
        format_ = tag_format(request.query_params, TagFormat.FULL)
        ids = sorted(await _instances_of(database, level, resource_id))
        members = _members(headers, ids, format_, reading, ignore_length)
        # The first is read before anything is sent, so that a database that is away is told as such.
        first = await anext(members, b"")
        return StreamingResponse(_object(first, members), media_type=JSON_TYPE)

    path = f"/{level.path_name}/{{resource_id}}"
    router.add_api_route(f"{path}/shared-tags", get_shared_tags, methods=["GET"])
    router.add_api_route(f"{path}/instances-tags", get_instances_tags, methods=["GET"])


async def _instances_of(
    database: Database, level: Level, resource_id: ResourceId
) -> list[ResourceId]:
    ids = await database.find_descendants(level, resource_id, Level.INSTANCE)
    if not ids:
        raise NotFound  # a resource goes with its last child: none without children
    return ids


async def _members(
    headers: Headers,
    ids: list[ResourceId],
    format_: TagFormat,
    reading: Reading,
    ignore_length: frozenset[int],
) -> AsyncIterator[bytes]:
    """Write the members of a JSON object: identifiers with their tags."""
    async for header in headers.of_each(ids):
        body = await away(
            header,
            lambda: encode(tags_of(header, format_, reading, ignore_length)),  # noqa: B023 - called at once
        )
        yield encode(header.id) + b":" + body


async def _object(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"{" + first
    async for member in others:
        yield b"," + member
    yield b"}"


for _level in Level:
    _add_module(f"/{_level.path_name}/{{resource_id}}/module", _level, _level)
    if _level is not Level.INSTANCE:
        _add_level(_level)
_add_module("/studies/{resource_id}/module-patient", Level.STUDY, Level.PATIENT)
