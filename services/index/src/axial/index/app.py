"""Compose the index service: the only place that knows concrete classes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import httpx2
import stamina
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from axial.common import postgres
from axial.common.blobs import open_blob_store
from axial.common.clients.replicas import commanded
from axial.common.configuration import Configuration
from axial.common.dictionary import Dictionary
from axial.common.event_log import EventLog
from axial.common.log_levels import LogLevels
from axial.common.migrate import migrate, prepare_schemas
from axial.common.nats import open_nats
from axial.common.postgres import open_pool
from axial.common.reading import present_reading
from axial.common.routes import add_routes
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import background, new_api
from axial.index.annotation_reads import AnnotationReads
from axial.index.api import routers
from axial.index.api.edge import Edge
from axial.index.api.files import FilePaths
from axial.index.archives.reads import ArchiveReads
from axial.index.collect import Collector
from axial.index.damage_reads import DamageReads
from axial.index.database import Database
from axial.index.emptying import Emptying
from axial.index.export_reads import ExportReads
from axial.index.find.finder import Finder
from axial.index.find.tags import TagReader
from axial.index.fullness import Fullness
from axial.index.headers import Headers
from axial.index.images.drawers import DRAWING
from axial.index.images.metrics import ImageMetrics
from axial.index.metrics import FullnessMetrics, IndexMetrics, TrashMetrics
from axial.index.projection import Projection
from axial.index.projector import SEARCH_PATH, Projector
from axial.index.quiet import Quiet
from axial.index.router_client import RouterClient
from axial.index.routing_facts import RoutingReads
from axial.index.scrub.examiner import Examiner
from axial.index.scrub.figures import Figures
from axial.index.scrub.metrics import ScrubMetrics
from axial.index.scrub.pace import Throttle
from axial.index.scrub.scrubber import Scrubber
from axial.index.sendable import SendableReads
from axial.index.settings import IndexSettings
from axial.index.stability import Stability
from axial.index.trash_reads import TrashReads
from axial.index.turns import Turns
from axial.pixels.transcoding.metrics import TranscodingMetrics
from axial.pixels.transcoding.transcoder import open_transcoder
from axial.pixels.workers import Limits, open_workers

#: The package that holds the migrations of each schema.
SCHEMAS = {"index": "axial.index.migrations.index", "feed": "axial.index.migrations.feed"}

# A service that starts together with its engines gives them this long.
_START_TIMEOUT_SECONDS = 30.0


@asynccontextmanager
async def build(settings: IndexSettings, configuration: Configuration) -> AsyncIterator[FastAPI]:
    """Open the collaborators in order, project and collect in the background, close in reverse."""
    registry = CollectorRegistry()
    metrics = IndexMetrics(registry)
    async with AsyncExitStack() as stack:
        if settings.migrate_at_start:
            await migrate_schemas(settings.database_url)
        else:
            await prepare_schemas(settings.database_url, SCHEMAS, migrates=False)
        nats = await stack.enter_async_context(open_nats(settings.nats_url, "axial-index"))
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await log.ensure(settings.log_replicas)
        blobs = await stack.enter_async_context(
            open_blob_store(
                settings.blob_url,
                settings.blob_access_key.get_secret_value(),
                settings.blob_secret_key.get_secret_value(),
            )
        )
        pool = await stack.enter_async_context(open_pool(settings.database_url, SEARCH_PATH))
        reading = await stack.enter_async_context(
            open_pool(settings.database_url, SEARCH_PATH, read_only=True)
        )
        projection = Projection(pool, log, metrics)

        async def check_postgres() -> None:
            await pool.fetchval("SELECT 1")

        async def check_nats() -> None:
            await log.end()

        app = new_api(
            "index",
            settings,
            configuration,
            registry,
            {"postgres": check_postgres, "nats": check_nats},
            exact=FilePaths(),
        )
        app.state.database = Database(reading)
        app.state.annotations = AnnotationReads(reading)
        app.state.exports = ExportReads(reading)
        app.state.damages = DamageReads(reading)
        app.state.trash = TrashReads(reading)
        app.state.reading = present_reading(
            configuration, lambda: app.state.runtime.settings.default_encoding
        )
        app.state.headers = Headers(app.state.database, blobs)
        app.state.tag_reader = TagReader(reading, blobs, app.state.reading)
        app.state.finder = Finder(reading, app.state.tag_reader)
        app.state.turns = Turns(settings.answers_at_once)
        app.state.archive_reads = ArchiveReads(reading)
        app.state.sendable_reads = SendableReads(reading)
        app.state.routing_reads = RoutingReads(reading)
        http = await stack.enter_async_context(
            httpx2.AsyncClient(mounts=commanded(settings.router_url))
        )
        app.state.router_client = RouterClient(http, settings.router_url, settings.internal_token)
        app.state.blobs = blobs
        app.state.edge = Edge(settings.edge_token)
        app.state.configuration = configuration
        app.state.projection = projection
        app.state.runtime = await stack.enter_async_context(
            following(log, initial_settings(configuration), LogLevels(settings.log_level).apply)
        )
        limits = Limits(settings.image_workers, settings.image_seconds, settings.image_memory_bytes)
        app.state.image_workers = await stack.enter_async_context(
            open_workers(DRAWING, limits, ImageMetrics(registry))
        )
        limits = replace(limits, workers=settings.transcoding_workers)
        app.state.transcoder = await stack.enter_async_context(
            open_transcoder(
                limits,
                TranscodingMetrics(registry, "axial_index"),
                Dictionary(configuration.dictionary),
            )
        )
        add_routes(app, *routers)
        scrub_metrics = ScrubMetrics(registry)
        throttle = Throttle(settings.scrub_bytes_per_second)
        examiner = Examiner(blobs, log, projection, scrub_metrics, throttle)
        await stack.enter_async_context(
            background(
                Projector(settings.database_url, log, nats, metrics).run(),
                Collector(pool, blobs, metrics).run(),
                Stability(pool, log, configuration.stable_age).run(),
                Quiet(pool, log, settings.quiet_after_seconds).run(),
                Emptying(pool, log, TrashMetrics(registry)).run(),
                Scrubber(settings.database_url, examiner, settings.scrub_seconds).run(),
                Figures(pool, scrub_metrics, settings.scrub_seconds).run(),
                projection.measure_lag(),
                Fullness(reading, log, configuration, FullnessMetrics(registry)).run(),
            )
        )
        yield app


async def migrate_schemas(database_url: str) -> None:
    """Bring both schemas up to date, waiting for a database that is still starting."""
    async for attempt in stamina.retry_context(
        on=postgres.AWAY, attempts=None, timeout=_START_TIMEOUT_SECONDS, wait_max=1.0
    ):
        with attempt:
            connection = await postgres.connect(database_url, SEARCH_PATH)
            try:
                for schema, package in SCHEMAS.items():
                    await migrate(connection, schema, package)
            finally:
                await connection.close()
