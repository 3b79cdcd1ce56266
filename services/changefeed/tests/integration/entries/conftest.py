"""A reader of the history that counts what it asks of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from axial.changefeed.entries.reader import Entries
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.projection import Projection
from axial.changefeed.reading.snapshot import Snapshot
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.common.postgres import open_pool
from axial.common.service import background

#: Small, so that tests get behind it.
TAIL_ENTRIES = 16


class CountingDatabase(Database):
    """Postgres, with the number of reads."""

    reads = 0

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Snapshot]:
        """Count, and open."""
        self.reads += 1
        async with super().single() as snapshot:
            yield snapshot


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[CountingDatabase]:
    """Open the tables for reading."""
    async with open_pool(database_url, "feed", read_only=True) as pool:
        yield CountingDatabase(pool)


@pytest.fixture
async def projection(writer: FeedWriter, database_url: str) -> AsyncIterator[Projection]:
    """Follow the projection."""
    metrics = ChangefeedMetrics(CollectorRegistry())
    projection = Projection(database_url, writer.log.end, metrics, wait_seconds=5.0)
    async with background(projection.follow()):
        yield projection


@pytest.fixture
async def entries(database: CountingDatabase, projection: Projection) -> Entries:
    """Read with a short tail."""
    return Entries(database, projection, TAIL_ENTRIES)
