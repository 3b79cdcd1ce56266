"""Finding: `/tools/find`, `/tools/count-resources`, `/tools/lookup`."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.common.annotation_names import metadata_names
from axial.index.api.answers import answer, answer_list
from axial.index.api.bodies import read, read_object
from axial.index.api.dependencies import (
    TheAnnotations,
    TheConfiguration,
    TheDatabase,
    TheFinder,
    TheReading,
    TheTagReader,
    TheTurns,
)
from axial.index.api.expansion import Shelf
from axial.index.api.find_requests import read_expansion, read_query, read_window

router = APIRouter()


@router.post("/tools/find")
async def find(
    request: Request,
    finder: TheFinder,
    database: TheDatabase,
    annotations: TheAnnotations,
    tag_reader: TheTagReader,
    configuration: TheConfiguration,
    reading: TheReading,
    turns: TheTurns,
) -> Response:
    """Answer the resources that match a query, as they are found."""
    body = await read_object(request)
    query = read_query(body, configuration, reading.dictionary)
    since, limit = read_window(body, query.level, configuration)
    expansion = read_expansion(body, reading.dictionary)
    ids = finder.find(query, since, limit)
    if expansion is None:
        return await answer_list(ids, turns)
    names = metadata_names(configuration.user_metadata)
    shelf = Shelf(database, annotations, tag_reader, names, expansion, turns)
    return await shelf.many(query.level, ids)


@router.post("/tools/count-resources")
async def count_resources(
    request: Request, finder: TheFinder, configuration: TheConfiguration, reading: TheReading
) -> Response:
    """Count the resources that match a query."""
    query = read_query(await read_object(request), configuration, reading.dictionary)
    return answer({"Count": await finder.count(query)})


@router.post("/tools/lookup")
async def lookup(request: Request, finder: TheFinder) -> Response:
    """Answer what has a DICOM identifier: a PatientID or the UID of its level."""
    identifier = (await read(request)).decode("utf-8", "replace")
    return answer(
        [
            {
                "ID": resource_id,
                "Path": f"/{level.path_name}/{resource_id}",
                "Type": level.type_name,
            }
            for level, resource_id in await finder.lookup(identifier)
        ]
    )
