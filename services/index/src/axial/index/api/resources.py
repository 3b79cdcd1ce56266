"""Browsing: lists of resources, each of them, what is above it, what is below it."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from axial.common.annotation_names import metadata_names
from axial.common.errors import NotFound
from axial.common.flags import flag
from axial.common.identifiers import Level, ResourceId
from axial.index.api.answers import answer, answer_list
from axial.index.api.arguments import count
from axial.index.api.dependencies import (
    PathId,
    TheAnnotations,
    TheConfiguration,
    TheDatabase,
    TheReading,
    TheTagReader,
    TheTurns,
)
from axial.index.api.expansion import Expansion, Shelf
from axial.index.database import PAGE_ROWS

router = APIRouter()


async def shelf(
    request: Request,
    database: TheDatabase,
    annotations: TheAnnotations,
    tag_reader: TheTagReader,
    configuration: TheConfiguration,
    reading: TheReading,
    turns: TheTurns,
) -> Shelf:
    """Prepare to answer with resources."""
    names = metadata_names(configuration.user_metadata)
    expansion = Expansion.of_query(request.query_params, reading.dictionary)
    return Shelf(database, annotations, tag_reader, names, expansion, turns)


TheShelf = Annotated[Shelf, Depends(shelf)]


def _add_level(level: Level) -> None:
    """Add the list of a level and each of its resources."""

    async def list_resources(request: Request, shelf: TheShelf) -> Response:
        """List a level; `since` and `limit` cut a window out of it, each alone or both together."""
        query = request.query_params
        # `response-content` says more than `expand` does.
        expand = "response-content" in query or flag(query, "expand", absent=False)
        ids = shelf.database.list_resources(
            level, count(query, "since") or 0, count(query, "limit")
        )
        return await (shelf.many(level, ids) if expand else answer_list(ids, shelf.turns))

    async def get_resource(resource_id: PathId, shelf: TheShelf) -> Response:
        """Answer one resource."""
        return await shelf.one(level, resource_id)

    router.add_api_route(f"/{level.path_name}", list_resources, methods=["GET"])
    router.add_api_route(f"/{level.path_name}/{{resource_id}}", get_resource, methods=["GET"])


def _add_children(level: Level, below: Level) -> None:
    """Add what is below the resources of a level, expanded unless `expand=false` says otherwise."""

    async def list_descendants(request: Request, resource_id: PathId, shelf: TheShelf) -> Response:
        """List the descendants of one resource at one level."""
        query = request.query_params
        expand = "response-content" in query or flag(query, "expand", absent=True)
        ids = await shelf.database.find_descendants(level, resource_id, below)
        if not ids:
            raise NotFound  # a resource goes with its last child: none without children
        return await shelf.many(below, _paged(ids)) if expand else answer(ids)

    path = f"/{level.path_name}/{{resource_id}}/{below.path_name}"
    router.add_api_route(path, list_descendants, methods=["GET"])


def _add_parent(level: Level, above: Level) -> None:
    """Add what is above the resources of a level."""

    async def get_ancestor(resource_id: PathId, shelf: TheShelf) -> Response:
        """Answer the ancestor of one resource at one level."""
        ancestor = await shelf.database.find_ancestor(level, resource_id, above)
        if ancestor is None:
            raise NotFound
        return await shelf.one(above, ancestor)

    path = f"/{level.path_name}/{{resource_id}}/{above.type_name.lower()}"
    router.add_api_route(path, get_ancestor, methods=["GET"])


async def _paged(ids: Sequence[ResourceId]) -> AsyncIterator[Sequence[ResourceId]]:
    for start, end in pairwise((*range(0, len(ids), PAGE_ROWS), len(ids))):
        yield ids[start:end]


for _level in Level:
    _add_level(_level)
    for _other in Level:
        if _other > _level:
            _add_children(_level, _other)
        elif _other < _level:
            _add_parent(_level, _other)
