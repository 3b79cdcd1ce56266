"""The change feed of the Azure DICOM service: versions 1 and 2, and `latest`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from axial.changefeed.azure.errors import VERSIONS_HEADER, tells_errors
from axial.changefeed.azure.pages import AzurePages
from axial.changefeed.azure.query import (
    SequenceQuery,
    TimeQuery,
    fold_names,
    has_window,
    read_include_metadata,
    read_v1,
    read_v2,
    read_wait,
)
from axial.changefeed.azure.selection import AzureQuery, LatestQuery
from axial.changefeed.azure.versions import ApiVersion, read_version
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.page_cache import Answer, PageCache

_REMEMBERED_QUERIES = 256
_MEDIA_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class AzureChangeFeed:
    """Answers the reads of the feed, whatever path they came by."""

    kept: PageCache
    pages: AzurePages
    polls: LongPolls
    metrics: ChangefeedMetrics

    async def versioned(self, request: Request) -> Response:
        """Answer `/v1/changefeed` and `/v2/changefeed`, in every spelling of the version."""
        version = read_version(request.path_params["version"])
        return await self._feed(*_asked(version, request.scope["query_string"]))

    async def unversioned(self, request: Request) -> Response:
        """Answer `/changefeed` as version 2 when it names a time, otherwise as version 1."""
        return await self._feed(*_asked(None, request.scope["query_string"]))

    async def latest(self, request: Request) -> Response:
        """Answer `latest`, the same in both versions: time order is sequence order."""
        if "version" in request.path_params:
            read_version(request.path_params["version"])
        answer = await self._read(_latest_asked(request.scope["query_string"]))
        self.metrics.read("latest", answer.page.rows)
        if not answer.page.rows:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_headers(answer.high_water))
        return _response(answer)

    async def _feed(self, query: SequenceQuery | TimeQuery, wait: float) -> Response:
        answer = await self.polls.read(
            lambda: self._read(query),
            lambda answer: not answer.page.rows and _is_open(query, answer.high_water),
            lambda answer, left: self.polls.until(_may_enter(query, answer.high_water), left),
            wait,
        )
        self.metrics.read("v1" if isinstance(query, SequenceQuery) else "v2", answer.page.rows)
        return _response(answer)

    async def _read(self, query: AzureQuery) -> Answer:
        return await self.kept.read(query, lambda: self.pages.read(query))


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def _asked(
    version: ApiVersion | None, query_string: bytes
) -> tuple[SequenceQuery | TimeQuery, float]:
    """Read what is asked and how long it may wait; who polls asks the same again and again."""
    parameters = fold_names(QueryParams(query_string).multi_items())
    if version is None:
        version = ApiVersion.V2 if has_window(parameters) else ApiVersion.V1
    read = read_v1 if version is ApiVersion.V1 else read_v2
    return read(parameters), read_wait(parameters)


@lru_cache(maxsize=_REMEMBERED_QUERIES)
def _latest_asked(query_string: bytes) -> LatestQuery:
    parameters = fold_names(QueryParams(query_string).multi_items())
    return LatestQuery(read_include_metadata(parameters))


def azure_routes(feed: AzureChangeFeed, *, unversioned: bool) -> APIRouter:
    """Make the routes; without a version in the path only when the configuration allows it."""
    router = APIRouter()
    endpoints = {
        "/{version}/changefeed": feed.versioned,
        "/{version}/changefeed/latest": feed.latest,
    }
    if unversioned:
        endpoints |= {"/changefeed": feed.unversioned, "/changefeed/latest": feed.latest}
    for path, endpoint in endpoints.items():
        router.add_api_route(path, tells_errors(endpoint), methods=["GET"], response_class=Response)
    return router


def _is_open(query: SequenceQuery | TimeQuery, at: HighWater) -> bool:
    """Tell whether an empty page can still get entries. A kept page does not know what time it is now."""
    if isinstance(query, SequenceQuery):
        return query.through > at.instance_sequence
    return query.window.end > at.ticks


def _may_enter(
    query: SequenceQuery | TimeQuery, found_at: HighWater
) -> Callable[[HighWater], bool]:
    """Tell from which position on an empty page may have got an entry, or can get none any more."""
    if isinstance(query, SequenceQuery):
        return lambda seen: seen.instance_sequence > query.offset
    window = query.window
    return lambda seen: (
        seen.ticks >= window.end
        or (seen.ticks >= window.start and seen.instance_sequence > found_at.instance_sequence)
    )


def _response(answer: Answer) -> Response:
    headers = _headers(answer.high_water)
    return Response(answer.page.body, media_type=_MEDIA_TYPE, headers=headers)


def _headers(high_water: HighWater) -> dict[str, str]:
    return {**VERSIONS_HEADER, "X-Changefeed-Watermark": high_water.of_instances()}
