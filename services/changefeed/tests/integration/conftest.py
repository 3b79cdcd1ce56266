"""A log of its own, the feed's tables, a writer in the projector's place, and the service."""

import uuid
from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest
from nats.aio.client import Client

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.common.postgres import Connection, connect
from axial.common.testing.blobs import MemoryBlobStore


@pytest.fixture
async def nats(nats_url: str) -> AsyncIterator[Client]:
    """Connect to the test's NATS."""
    async with open_nats(nats_url, "test") as client:
        yield client


@pytest.fixture
def stream() -> str:
    """Name the test's own log."""
    return f"TEST_{uuid.uuid4().hex}"


@pytest.fixture
async def log(nats: Client, stream: str) -> AsyncIterator[EventLog]:
    """Give an empty log."""
    log = EventLog(nats, stream, stream.lower())
    await log.ensure()
    yield log
    await nats.jetstream().delete_stream(stream)


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schema that each test's database has: with the tables that the index service owns."""
    return {"feed": "axial.index.migrations.feed"}


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    """Connect to the database."""
    connection = await connect(database_url, "feed")
    yield connection
    await connection.close()


@pytest.fixture
def writer(connection: Connection, log: EventLog) -> FeedWriter:
    """Write as the projector does."""
    return FeedWriter(connection, log)


@pytest.fixture
def settings(database_url: str, nats_url: str, stream: str) -> ChangefeedSettings:
    """Point the service at the test's engines; a read that must fail does so soon."""
    return ChangefeedSettings(
        database_url=database_url,
        nats_url=nats_url,
        log_stream=stream,
        log_prefix=stream.lower(),
        projection_wait_seconds=5.0,
        feed_stream="",  # the stream of the feed has tests of its own, each with a stream of its own
    )


@pytest.fixture
def blobs() -> MemoryBlobStore:
    """Give an empty blob store."""
    return MemoryBlobStore()


@pytest.fixture
async def client(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask a running service."""
    async with serving(settings, Configuration(), blobs) as client:
        yield client
