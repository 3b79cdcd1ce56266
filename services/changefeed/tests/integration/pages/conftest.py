"""Services on one database: two that keep pages, and one that keeps none."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx2
import pytest

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.testing.blobs import MemoryBlobStore


@dataclass
class Services:
    """Clients of three replicas."""

    keeping: list[httpx2.AsyncClient]
    forgetful: httpx2.AsyncClient


@pytest.fixture
async def services(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> AsyncIterator[Services]:
    """Run them."""
    async with AsyncExitStack() as stack:
        forgetful = settings.model_copy(update={"page_cache_bytes": 0})
        clients = [
            await stack.enter_async_context(serving(chosen, Configuration(), blobs))
            for chosen in (settings, settings, forgetful)
        ]
        yield Services(clients[:2], clients[2])
