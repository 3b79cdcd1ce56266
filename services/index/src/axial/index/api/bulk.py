"""Many resources, named one by one, in a single answer."""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.annotation_names import metadata_names
from axial.common.errors import BadFormat
from axial.common.identifiers import Level, ResourceId
from axial.index.api.answers import answer_list
from axial.index.api.bodies import member, read_object, texts
from axial.index.api.dependencies import (
    TheAnnotations,
    TheConfiguration,
    TheDatabase,
    TheFinder,
    TheTagReader,
    TheTurns,
)
from axial.index.api.expansion import Expansion, Shelf
from axial.index.api.find_requests import read_format, read_level
from axial.index.database import Database
from axial.index.find.finder import Finder

router = APIRouter()

_PAGE_ROWS = 200


@router.post("/tools/bulk-content")
async def bulk_content(
    request: Request,
    finder: TheFinder,
    database: TheDatabase,
    annotations: TheAnnotations,
    tag_reader: TheTagReader,
    configuration: TheConfiguration,
    turns: TheTurns,
) -> Response:
    """Answer resources by identifier, or what is above or below them at one level."""
    body = await read_object(request)
    named = texts(body, "Resources")
    if named is None:
        raise BadFormat("List of strings expected in field: Resources")
    with_metadata = member(body, "Metadata", bool, "a Boolean") is not False
    level = read_level(body) if "Level" in body else None
    expansion = Expansion(read_format(body), with_metadata=with_metadata)
    names = metadata_names(configuration.user_metadata)
    shelf = Shelf(database, annotations, tag_reader, names, expansion, turns)
    ids = [ResourceId(name) for name in named if "\0" not in name]
    if level is None:
        return await answer_list(_as_named(finder, shelf, ids), turns)
    return await shelf.many(level, _at_level(finder, database, ids, level))


async def _as_named(
    finder: Finder, shelf: Shelf, ids: Sequence[ResourceId]
) -> AsyncIterator[list[object]]:
    """Walk resources of any level in the order in which they are named."""
    for start in range(0, len(ids), _PAGE_ROWS):
        some = ids[start : start + _PAGE_ROWS]
        levels = await finder.levels(some)
        shapes: dict[object, object] = {}
        for level in set(levels.values()):
            of_level = list(dict.fromkeys(each for each in some if levels.get(each) is level))
            shapes |= {told["ID"]: told for told in await shelf.shapes(level, of_level)}
        yield [shapes[each] for each in some if each in shapes]


async def _at_level(
    finder: Finder, database: Database, ids: Sequence[ResourceId], wanted: Level
) -> AsyncIterator[list[ResourceId]]:
    """Walk what is at one level above, below or among the resources that are named; each once."""
    told: set[ResourceId] = set()
    for start in range(0, len(ids), _PAGE_ROWS):
        some = ids[start : start + _PAGE_ROWS]
        levels = await finder.levels(some)
        for each in some:
            level = levels.get(each)
            if level is None:
                continue
            if level > wanted:
                ancestor = await database.find_ancestor(level, each, wanted)
                found = [ancestor] if ancestor else []
            else:
                found = await database.find_descendants(level, each, wanted)
            new = [resource_id for resource_id in found if resource_id not in told]
            told.update(new)
            for first in range(0, len(new), _PAGE_ROWS):
                yield new[first : first + _PAGE_ROWS]
