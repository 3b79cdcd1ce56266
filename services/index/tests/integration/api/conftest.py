"""The index's routes over the real Postgres, filled through the real fold."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from support.archive import Archive, StandingProjection, StandingRuntime

from axial.common import postgres
from axial.common.configuration import Configuration
from axial.common.postgres import open_pool
from axial.common.reading import present_reading
from axial.common.routes import add_routes
from axial.common.service import new_api
from axial.common.settings import ServiceSettings
from axial.common.testing.blobs import MemoryBlobStore
from axial.index.annotation_reads import AnnotationReads
from axial.index.api import routers
from axial.index.api.edge import Edge
from axial.index.api.files import FilePaths
from axial.index.archives.reads import ArchiveReads
from axial.index.damage_reads import DamageReads
from axial.index.database import Database
from axial.index.export_reads import ExportReads
from axial.index.find.finder import Finder
from axial.index.find.tags import TagReader
from axial.index.headers import Headers
from axial.index.projector import SEARCH_PATH, BatchWriter
from axial.index.router_client import RouterClient
from axial.index.routing_facts import RoutingReads
from axial.index.sendable import SendableReads
from axial.index.trash_reads import TrashReads
from axial.index.turns import Turns
from axial.pixels.transcoding.metrics import TranscodingMetrics
from axial.pixels.transcoding.transcoder import open_transcoder
from axial.pixels.workers import Limits

#: By which the edge of these tests is known.
EDGE_TOKEN = "token of the edge"
TRANSCODING = Limits(workers=1, seconds=60, memory_bytes=2 * 1024**3)


@pytest.fixture
def configuration() -> Configuration:
    """Give the options of the archive under test."""
    return Configuration.model_validate({"Name": "Test"})


@pytest.fixture
async def archive(index_url: str, configuration: Configuration) -> AsyncIterator[Archive]:
    """Build an empty archive."""
    settings = ServiceSettings.model_validate({"internal_token": "token of the services"})
    app = new_api("index", settings, configuration, CollectorRegistry(), {}, exact=FilePaths())
    add_routes(app, *routers)
    async with (
        open_pool(index_url, SEARCH_PATH, read_only=True) as pool,
        open_transcoder(
            TRANSCODING, TranscodingMetrics(CollectorRegistry(), "axial_index")
        ) as transcoder,
    ):
        blobs = MemoryBlobStore()
        app.state.database = Database(pool)
        app.state.annotations = AnnotationReads(pool)
        app.state.exports = ExportReads(pool)
        app.state.damages = DamageReads(pool)
        app.state.trash = TrashReads(pool)
        app.state.reading = present_reading(
            configuration, lambda: app.state.runtime.settings.default_encoding
        )
        app.state.headers = Headers(app.state.database, blobs)
        app.state.tag_reader = TagReader(pool, blobs, app.state.reading)
        app.state.finder = Finder(pool, app.state.tag_reader)
        app.state.turns = Turns(8)
        app.state.archive_reads = ArchiveReads(pool)
        app.state.sendable_reads = SendableReads(pool)
        app.state.routing_reads = RoutingReads(pool)
        app.state.router_client = RouterClient(
            # Away, unless a test says otherwise.
            httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(503))),
            "http://router",
            settings.internal_token,
        )
        app.state.blobs = blobs
        app.state.transcoder = transcoder
        app.state.edge = Edge(SecretStr(EDGE_TOKEN))
        app.state.configuration = configuration
        app.state.projection = StandingProjection()
        app.state.runtime = StandingRuntime(configuration)
        connection = await postgres.connect(index_url, SEARCH_PATH)
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://archive") as client:
            yield Archive(
                app,
                client,
                await BatchWriter.open(connection),
                app.state.blobs,
                app.state.projection,
            )
        await connection.close()
