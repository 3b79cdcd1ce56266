"""Orthanc's `/changes`: what it answers, and the history it does not have."""

from functools import lru_cache

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from axial.changefeed.entries.filters import Filter
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.orthanc.pages import read_page
from axial.changefeed.orthanc.query import ChangesQuery, read_changes_query, read_wait
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.page_cache import Answer, PageCache

_BIGINT_MAX = 2**63 - 1
_REMEMBERED_QUERIES = 256


def changes_routes(
    pages: PageCache, database: Database, polls: LongPolls, metrics: ChangefeedMetrics
) -> APIRouter:
    """Make the routes of `/changes` (Orthanc REST API, `changes`)."""
    router = APIRouter()

    async def get_changes(request: Request) -> Response:
        """Read a page of changes."""
        query, wait = _asked(request.scope["query_string"])
        answer = await polls.read(
            lambda: pages.read(query, lambda: read_page(database, query)),
            lambda answer: not answer.page.rows and answer.page.grows and not query.last,
            lambda answer, left: _await_change(polls, query, answer, left),
            wait,
        )
        metrics.read("changes", answer.page.rows)
        return Response(
            answer.page.body,
            media_type="application/json; charset=utf-8",
            headers={"X-Changes-Watermark": answer.high_water.of_changes()},
        )

    router.add_api_route("/changes", get_changes, methods=["GET"], response_class=Response)
    return router


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def _asked(query_string: bytes) -> tuple[ChangesQuery, float]:
    """Read what is asked and how long it may wait; who polls asks the same again and again."""
    parameters = QueryParams(query_string)
    return read_changes_query(parameters), read_wait(parameters)


async def _await_change(
    polls: LongPolls, query: ChangesQuery, answer: Answer, seconds: float
) -> None:
    """Wait for a row that belongs to a page, behind those that it was read from."""
    types = set(query.types or ChangeType)
    if not query.include_deleted:
        types.discard(ChangeType.DELETED)
    await polls.until_entry(
        max(query.since, answer.high_water.change_sequence),
        _BIGINT_MAX if query.to is None else query.to,
        Filter(change_types=frozenset(types)),
        seconds,
    )
