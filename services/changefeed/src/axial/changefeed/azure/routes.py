"""The change feed of the Azure DICOM service: versions 1 and 2, and `latest`."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from axial.changefeed.azure.errors import VERSIONS_HEADER, tells_errors
from axial.changefeed.azure.pages import AzurePage, AzurePages, Select
from axial.changefeed.azure.query import (
    fold_names,
    has_window,
    read_include_metadata,
    read_v1,
    read_v2,
)
from axial.changefeed.azure.rendering import Spelling, render_entries, render_entry
from axial.changefeed.azure.versions import ApiVersion, read_version
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.projection import Projection

_MEDIA_TYPE = "application/json; charset=utf-8"


class AzureChangeFeed:
    """Answers the reads of the feed, whatever path they came by."""

    def __init__(
        self,
        projection: Projection,
        pages: AzurePages,
        metrics: ChangefeedMetrics,
        spelling: Spelling,
    ) -> None:
        self._projection = projection
        self._pages = pages
        self._metrics = metrics
        self._spelling = spelling

    async def versioned(self, request: Request) -> Response:
        """Answer `/v1/changefeed` and `/v2/changefeed`, in every spelling of the version."""
        version = read_version(request.path_params["version"])
        return await self._feed(version, fold_names(request.query_params.multi_items()))

    async def unversioned(self, request: Request) -> Response:
        """Answer `/changefeed` as version 2 when it names a time, otherwise as version 1."""
        parameters = fold_names(request.query_params.multi_items())
        version = ApiVersion.V2 if has_window(parameters) else ApiVersion.V1
        return await self._feed(version, parameters)

    async def latest(self, request: Request) -> Response:
        """Answer `latest`, the same in both versions: time order is sequence order."""
        if "version" in request.path_params:
            read_version(request.path_params["version"])
        parameters = fold_names(request.query_params.multi_items())
        page = await self._page(
            lambda snapshot: snapshot.latest(),
            "latest",
            include_metadata=read_include_metadata(parameters),
        )
        if not page.entries:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_headers(page.high_water))
        return self._answer(page, self._rendered(page)[0])

    async def _feed(self, version: ApiVersion, parameters: Mapping[str, str]) -> Response:
        if version is ApiVersion.V1:
            first = read_v1(parameters)
            page = await self._page(
                lambda snapshot: snapshot.by_sequence(first.offset, first.through),
                "v1",
                include_metadata=first.include_metadata,
            )
        else:
            second = read_v2(parameters)
            page = await self._page(
                lambda snapshot: snapshot.by_time(
                    second.window.start, second.window.end, second.offset, second.limit
                ),
                "v2",
                include_metadata=second.include_metadata,
            )
        return self._answer(page, render_entries(self._rendered(page)))

    async def _page(self, select: Select, feed: str, *, include_metadata: bool) -> AzurePage:
        page = await self._projection.read(
            lambda: self._pages.read(select, include_metadata=include_metadata)
        )
        self._metrics.read(feed, len(page.entries))
        return page

    def _rendered(self, page: AzurePage) -> list[bytes]:
        return [
            render_entry(entry, page.metadata_of(entry), self._spelling) for entry in page.entries
        ]

    def _answer(self, page: AzurePage, body: bytes) -> Response:
        return Response(body, media_type=_MEDIA_TYPE, headers=_headers(page.high_water))


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


def _headers(high_water: HighWater) -> dict[str, str]:
    return {**VERSIONS_HEADER, "X-Changefeed-Watermark": high_water.of_instances()}
