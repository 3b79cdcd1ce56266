"""Consumers with endpoints, and replicas that send to them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from axial.changefeed.app import SCHEMAS
from axial.changefeed.consumers.model import Consumer, PushTarget
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.filters import Filter
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.endpoint import Endpoint, listening
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.changefeed.testing.webhooks import SECRET, Create, Replica, Sending
from axial.changefeed.testing.webhooks import sending as replica_of
from axial.common.postgres import open_pool


@pytest.fixture
def settings(settings: ChangefeedSettings) -> ChangefeedSettings:
    """Try again soon, so that tests of what comes back need not wait."""
    return settings.model_copy(
        update={
            "push_retry_seconds": 0.05,
            "push_longest_retry_seconds": 0.1,
            "push_timeout_seconds": 30.0,
            "service_host_name": "pacs.example.org",
        }
    )


@pytest.fixture
def database_schemas(database_schemas: Mapping[str, str]) -> Mapping[str, str]:
    """Name the service's own schema besides."""
    return {**database_schemas, **SCHEMAS}


@pytest.fixture
async def store(writer: FeedWriter, database_url: str) -> AsyncIterator[ConsumerStore]:
    """Give the consumers' tables, on connections of their own."""
    async with open_pool(database_url, "changefeed,feed", size=2) as pool:
        yield ConsumerStore(pool)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """Run an endpoint that takes everything, unless told otherwise."""
    async with listening() as endpoint:
        yield endpoint


@pytest.fixture
def create(store: ConsumerStore) -> Create:
    """Make consumers that want everything from the beginning, unless told otherwise."""

    async def create(
        name: str, endpoint: Endpoint, *, batch: int = 1, wanted: Filter | None = None
    ) -> Consumer:
        target = PushTarget(endpoint.url, (SECRET,), batch)
        assert await store.create(name, wanted or Filter(), target, 0, 1000)
        return await store.get(name)

    return create


@pytest.fixture
def sending(settings: ChangefeedSettings, store: ConsumerStore) -> Sending:
    """Run replicas of one configuration, with other settings by keyword."""

    def sending(**changes: object) -> AbstractAsyncContextManager[Replica]:
        return replica_of(settings.model_copy(update=changes))

    return sending
