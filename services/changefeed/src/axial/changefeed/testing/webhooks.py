"""A worker that sends webhooks, as one replica of the service runs it."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from prometheus_client import CollectorRegistry

from axial.changefeed.consumers.model import Consumer
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.reader import Entries
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.push.opening import open_webhooks
from axial.changefeed.push.redelivery import Redeliverer
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.projection import Projection
from axial.changefeed.settings import ChangefeedSettings
from axial.common.postgres import open_pool
from axial.common.recorded import LogSequence
from axial.common.service import background
from axial.common.testing.eventually import eventually

#: What the tests' consumers sign with, unless told otherwise.
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests' own").decode()

#: Makes a consumer by name and endpoint.
Create: TypeAlias = Callable[..., Awaitable[Consumer]]
#: Runs a replica, with other settings by keyword.
Sending: TypeAlias = Callable[..., AbstractAsyncContextManager["Replica"]]

_SEARCH_PATH = "changefeed,feed"


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica of the service, as far as webhooks go."""

    registry: CollectorRegistry
    entries: Entries
    redeliver: Redeliverer

    def shown(self, name: str, **labels: str) -> float | None:
        """Return what a metric says now; None when there is no such series."""
        return self.registry.get_sample_value(f"axial_changefeed_push_{name}", labels)

    async def leads(self) -> None:
        """Wait until it is the one that sends."""
        await eventually(lambda: self.shown("leader") == 1)


@asynccontextmanager
async def sending(settings: ChangefeedSettings) -> AsyncIterator[Replica]:
    """Run a replica for the length of a `with` block; leaving it, it goes without a word."""
    url = settings.database_url
    registry = CollectorRegistry()
    projection = Projection(
        url, _nothing_new, ChangefeedMetrics(registry), settings.projection_wait_seconds
    )
    async with (
        open_pool(url, _SEARCH_PATH, size=2, read_only=True) as reading,
        open_pool(url, _SEARCH_PATH, size=2) as writing,
        background(projection.follow()),
    ):
        entries = Entries(Database(reading), projection)
        async with (
            open_webhooks(settings, "Axial", entries, ConsumerStore(writing), registry) as webhooks,
            background(webhooks.worker.run()),
        ):
            yield Replica(registry, entries, webhooks.redeliver)


async def _nothing_new() -> LogSequence:
    return LogSequence(0)
