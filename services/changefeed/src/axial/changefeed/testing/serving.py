"""The service in this process, asked without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from axial.changefeed.app import build_feeds
from axial.changefeed.settings import ChangefeedSettings
from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration


@asynccontextmanager
async def serving(
    settings: ChangefeedSettings, configuration: Configuration, blobs: BlobStore
) -> AsyncIterator[httpx2.AsyncClient]:
    """Build the feeds and yield a client of theirs."""
    async with (
        build_feeds(settings, configuration, blobs) as app,
        httpx2.AsyncClient(
            # An error becomes the answer the client would see, not an exception in the test.
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://changefeed",
        ) as client,
    ):
        yield client
