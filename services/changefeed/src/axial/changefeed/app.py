"""The composition of the changefeed service: the only module that knows concrete classes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from axial.changefeed.azure.errors import tell_refusal
from axial.changefeed.azure.metadata import Metadata
from axial.changefeed.azure.pages import AzurePages
from axial.changefeed.azure.rendering import spelling_of
from axial.changefeed.azure.routes import AzureChangeFeed, azure_routes
from axial.changefeed.azure.versions import SPELLINGS
from axial.changefeed.consumers.opening import named_consumers
from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.consumers.token_store import TokenStore
from axial.changefeed.entries.long_poll import LongPolls
from axial.changefeed.entries.reader import Entries
from axial.changefeed.entries.routes import entries_routes
from axial.changefeed.live.metrics import LiveMetrics
from axial.changefeed.live.routes import live_routes
from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.orthanc.routes import changes_routes
from axial.changefeed.push.opening import open_webhooks
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.log_end import LogEnd
from axial.changefeed.reading.page_cache import PageCache
from axial.changefeed.reading.projection import Projection
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.stream.metrics import StreamMetrics
from axial.changefeed.stream.publisher import Publisher
from axial.common.blobs import BlobStore, open_blob_store
from axial.common.configuration import Configuration
from axial.common.dicom_json import dicom_json
from axial.common.exact_paths import exact_paths
from axial.common.log_levels import LogLevels
from axial.common.migrate import prepare_schemas
from axial.common.postgres import open_pool
from axial.common.routes import add_routes
from axial.common.runtime import Runtime
from axial.common.runtime.settings import initial_settings
from axial.common.service import FeedAccess, background, new_api

#: The package that holds the migrations of each schema; schema `feed` is the index's.
SCHEMAS = {"changefeed": "axial.changefeed.migrations"}
_SEARCH_PATH = "changefeed,feed"
# Consumers acknowledge by one short statement each; more connections would only wait for the same disk.
_WRITING_CONNECTIONS = 4


@asynccontextmanager
async def build(
    settings: ChangefeedSettings, configuration: Configuration
) -> AsyncIterator[FastAPI]:
    """Open what the service needs and yield its application; engines may be away, now or later."""
    async with (
        open_blob_store(
            settings.blob_url,
            settings.blob_access_key.get_secret_value(),
            settings.blob_secret_key.get_secret_value(),
        ) as blobs,
        build_feeds(settings, configuration, blobs) as app,
    ):
        yield app


@asynccontextmanager
async def build_feeds(
    settings: ChangefeedSettings, configuration: Configuration, blobs: BlobStore
) -> AsyncIterator[FastAPI]:
    """Build the feeds on an open blob store."""
    registry = CollectorRegistry()
    metrics = ChangefeedMetrics(registry)
    log_end = LogEnd(settings)
    url = settings.database_url
    stopping = asyncio.Event()
    projection = Projection(url, log_end, metrics, settings.projection_wait_seconds)
    async with (
        open_pool(url, _SEARCH_PATH, size=settings.database_connections, read_only=True) as reading,
        open_pool(url, _SEARCH_PATH, size=_WRITING_CONNECTIONS) as writing,
        background(
            log_end.stay_connected(),
            _follow(projection, settings),
            _heed(log_end, settings, configuration),
            projection.let_go(stopping),
        ),
    ):
        database = Database(reading)
        entries = Entries(database, projection)
        consumers, tokens = ConsumerStore(writing), TokenStore(writing)
        polls = LongPolls(projection, entries, metrics, stopping)
        publisher = Publisher(settings, configuration.name, entries, StreamMetrics(registry))
        with closing(
            Metadata(blobs, dicom_json, metrics, settings.metadata_cache_bytes)
        ) as metadata:
            pages = PageCache(projection, metrics, settings.page_cache_bytes)
            spelling = spelling_of(configuration.change_feed_casing)
            feed = AzureChangeFeed(pages, AzurePages(database, metadata, spelling), polls, metrics)
            checks = {"postgres": database.check, "nats": log_end.check}
            feeds = (
                changes_routes(pages, database, polls, metrics),
                azure_routes(feed, unversioned=configuration.unversioned_change_feed),
            )
            exact = exact_paths(feeds, {"version": SPELLINGS})
            access = FeedAccess(tokens.find, tell_refusal)
            app = new_api(
                "changefeed", settings, configuration, registry, checks, stopping, exact, access
            )
            add_routes(
                app,
                *feeds,
                entries_routes(entries, projection, polls, metrics),
                live_routes(settings, entries, LiveMetrics(registry), stopping),
            )
            async with (
                open_webhooks(
                    settings, configuration.name, entries, consumers, registry
                ) as webhooks,
                background(publisher.run(), webhooks.worker.run()),
            ):
                named = named_consumers(
                    settings, consumers, tokens, polls, webhooks.redeliver, registry
                )
                add_routes(app, webhooks.router, named.router)
                async with background(*named.work):
                    yield app


async def _follow(projection: Projection, settings: ChangefeedSettings) -> None:
    """Follow the projection once our own schema stands; reads wait for both."""
    await prepare_schemas(settings.database_url, SCHEMAS, migrates=settings.migrate_at_start)
    await projection.follow()


async def _heed(
    log_end: LogEnd, settings: ChangefeedSettings, configuration: Configuration
) -> None:
    """Follow what is changed at run time; here it is how much is logged."""
    levels = LogLevels(settings.log_level)
    await Runtime(await log_end.log(), initial_settings(configuration), levels.apply).run()
