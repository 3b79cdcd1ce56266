"""A history, and a stream of the test's own to publish it to."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError
from prometheus_client import CollectorRegistry

from axial.changefeed.entries.reader import Entries
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.projection import Projection
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.stream.metrics import StreamMetrics
from axial.changefeed.stream.publisher import Publisher
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.common.event_log import EventLog
from axial.common.migrate import migrate
from axial.common.postgres import Connection, connect, open_pool
from axial.common.service import background
from axial.common.testing.eventually import eventually


@dataclass(frozen=True, slots=True)
class Feed:
    """The stream of the feed, seen by whoever reads it, and what publishes to it."""

    settings: ChangefeedSettings
    entries: Entries
    client: Client
    #: The figures of all publishers of this feed together.
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _metrics: list[StreamMetrics] = field(default_factory=list)

    def publisher(self, **settings: object) -> Publisher:
        """Make a publisher; one with another `database_url` has another lock, and so believes to lead."""
        if not self._metrics:
            self._metrics.append(StreamMetrics(self.registry))
        own = self.settings.model_copy(update=settings)
        return Publisher(own, "CT archive", self.entries, self._metrics[0])

    async def end(self) -> int:
        """Return the sequence of the last message, -1 without a stream."""
        try:
            info = await self.client.jetstream().stream_info(self.settings.feed_stream)
        except NotFoundError:
            return -1
        return int(info.state.last_seq)

    async def reaches(self, sequence: int, within: float = 20.0) -> None:
        """Wait until the stream ends here."""

        async def is_there() -> bool:
            return await self.end() == sequence

        # Our own connection may be on its way back.
        await eventually(is_there, within=within, retry_on=(nats.errors.Error,))

    async def messages(self) -> list[Msg]:
        """Read the whole stream."""
        end = await self.end()
        reader = await self.client.jetstream().pull_subscribe(
            f"{self.settings.feed_prefix}.>", stream=self.settings.feed_stream
        )
        messages: list[Msg] = []
        while len(messages) < end:
            messages += await reader.fetch(500)
        await reader.unsubscribe()
        return messages

    def metric(self, name: str) -> float | None:
        """Return a figure of the publisher."""
        return self.registry.get_sample_value(f"axial_changefeed_feed_stream_{name}")

    async def shows(self, name: str, value: float) -> None:
        """Wait until a figure of the publisher is this."""

        async def is_shown() -> bool:
            return self.metric(name) == value

        await eventually(is_shown, within=30)


@asynccontextmanager
async def reading(database_url: str, log: EventLog) -> AsyncIterator[Entries]:
    """Read the history in a database."""
    projection = Projection(database_url, log.end, ChangefeedMetrics(CollectorRegistry()), 5.0)
    async with open_pool(database_url, "feed") as pool, background(projection.follow()):
        yield Entries(Database(pool), projection)


@pytest.fixture
async def feed(
    settings: ChangefeedSettings, log: EventLog, writer: FeedWriter, nats: Client
) -> AsyncIterator[Feed]:
    """Publish what `writer` writes to a stream that is not there yet."""
    name = f"FEED_{uuid.uuid4().hex}"
    own = settings.model_copy(update={"feed_stream": name, "feed_prefix": name.lower()})
    async with reading(settings.database_url, log) as entries:
        feed = Feed(own, entries, nats)
        yield feed
    if await feed.end() >= 0:
        await nats.jetstream().delete_stream(name)


@pytest.fixture
async def other_writer(
    connection: Connection, database_url: str, log: EventLog
) -> AsyncIterator[FeedWriter]:
    """Write into an empty database, as after a restore."""
    name = f"{database_url.rpartition('/')[2]}_other"
    await connection.execute(f"CREATE DATABASE {name}")
    other = await connect(_beside(database_url), "feed")
    await migrate(other, "feed", "axial.index.migrations.feed")
    yield FeedWriter(other, log)
    await other.close()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def other_feed(feed: Feed, other_writer: FeedWriter) -> AsyncIterator[Feed]:
    """Publish what `other_writer` writes to the same stream."""
    url = _beside(feed.settings.database_url)
    settings = feed.settings.model_copy(update={"database_url": url})
    async with reading(url, other_writer.log) as entries:
        yield Feed(settings, entries, feed.client)


def _beside(database_url: str) -> str:
    return f"{database_url}_other"
