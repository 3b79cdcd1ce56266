"""What the service answers is what the table of all operations has of it."""

import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from axial.changefeed.app import build_feeds
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.common.configuration import Configuration
from axial.common.operations import operations
from axial.common.testing.blobs import MemoryBlobStore

pytestmark = pytest.mark.integration

_OPERATORS = {"/healthz", "/readyz", "/metrics"}


async def test_routes_are_told(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """A wrong method is told by the table which ones there are, at whichever service."""
    async with build_feeds(settings, Configuration(), blobs) as app:
        told = list(_routes(app.routes))
    assert "/feed/consumers/x/entries" in {path for path, _ in told}
    for path, methods in told:
        assert methods <= set(operations().methods(path)), path


def _routes(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, set[str]]]:
    """List paths and methods."""
    for route in routes:
        if isinstance(route, APIRoute) and route.path not in _OPERATORS:
            path = re.sub(r"\{\w+\}", "x", route.path.replace("{version}", "v1"))
            yield path, (route.methods or set()) - {"HEAD"}
