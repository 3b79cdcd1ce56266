"""A log of its own and a migrated database for each test."""

import uuid
from collections.abc import AsyncIterator, Mapping

import pytest
from nats.aio.client import Client

from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.index.app import SCHEMAS


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schemas that each test's database has."""
    return SCHEMAS


@pytest.fixture
def index_url(database_url: str) -> str:
    """Give a database with both schemas."""
    return database_url


@pytest.fixture
async def nats(nats_url: str) -> AsyncIterator[Client]:
    """Connect to the test's NATS."""
    async with open_nats(nats_url, "test") as client:
        yield client


@pytest.fixture
async def log(nats: Client) -> AsyncIterator[EventLog]:
    """Give an empty log under a name of its own."""
    name = f"TEST_{uuid.uuid4().hex}"
    log = EventLog(nats, name, name.lower())
    await log.ensure()
    yield log
    await nats.jetstream().delete_stream(name)
