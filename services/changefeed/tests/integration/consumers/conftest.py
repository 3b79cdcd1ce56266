"""A client that speaks to named consumers, for tests that are told in their words."""

from collections.abc import AsyncIterator, Mapping

import httpx2
import pytest

from axial.changefeed.app import SCHEMAS
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.named_consumer import NamedConsumer
from axial.common.postgres import open_pool
from axial.common.testing.eventually import eventually


@pytest.fixture
def pacs(client: httpx2.AsyncClient) -> NamedConsumer:
    """Speak of a consumer that is not there yet."""
    return NamedConsumer(client)


@pytest.fixture
def settings(settings: ChangefeedSettings) -> ChangefeedSettings:
    """Keep the figures fresh, and the number of consumers small."""
    return settings.model_copy(update={"consumer_refresh_seconds": 0.05, "maximum_consumers": 30})


@pytest.fixture
def database_schemas(database_schemas: Mapping[str, str]) -> Mapping[str, str]:
    """Name the service's own schema besides."""
    return {**database_schemas, **SCHEMAS}


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[ConsumerStore]:
    """Give the store alone, on its tables."""
    async with open_pool(database_url, "changefeed", size=4) as pool:
        yield ConsumerStore(pool)


@pytest.fixture
async def client(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Ask a service that has made its tables."""

    async def ready() -> bool:
        return (await client.get("/feed/consumers")).status_code == 200

    await eventually(ready)
    return client
