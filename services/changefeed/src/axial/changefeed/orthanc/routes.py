"""Orthanc's `/changes`: what it answers, and the history it does not have."""

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.orthanc.query import ChangesQuery, read_changes_query
from axial.changefeed.orthanc.rendering import render_changes
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.projection import Projection
from axial.changefeed.reading.rows import ChangesPage

_BIGINT_MAX = 2**63 - 1


def changes_routes(
    projection: Projection, database: Database, metrics: ChangefeedMetrics
) -> APIRouter:
    """Make the routes of `/changes` (Orthanc REST API, `changes`)."""
    router = APIRouter()

    async def get_changes(request: Request) -> Response:
        """Read a page of changes."""
        query = read_changes_query(request.query_params)
        page = await projection.read(lambda: _fetch(database, query))
        changes = page.changes
        more = not query.last and len(changes) > query.limit
        if more:
            # One row was read beyond the page, to know whether there is one.
            changes = changes[1:] if query.backwards else changes[: query.limit]
        metrics.read("changes", len(changes))
        return Response(
            render_changes(changes, done=not more, highest=page.high_water.change_sequence),
            media_type="application/json",
            headers={"X-Changes-Watermark": page.high_water.of_changes()},
        )

    async def delete_changes() -> Response:
        """Clear the view up to all that has happened; the history stays, numbering continues."""
        high_water = await projection.caught_up()
        await database.hide_changes(high_water.change_sequence)
        return PlainTextResponse("", headers={"X-Changes-Watermark": high_water.of_changes()})

    router.add_api_route("/changes", get_changes, methods=["GET"], response_class=Response)
    router.add_api_route("/changes", delete_changes, methods=["DELETE"], response_class=Response)
    return router


async def _fetch(database: Database, query: ChangesQuery) -> ChangesPage:
    async with database.single() as snapshot:
        return await snapshot.changes(
            query.since,
            _BIGINT_MAX if query.to is None else query.to,
            query.types,
            query.limit if query.last else query.limit + 1,
            include_deleted=query.include_deleted,
            descending=query.backwards,
        )
