"""An archive with the routes of the real index and of the real changefeed, and replicas that carry rules out."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.archive import Archive, StandingProjection
from support.routing import PEERS, Doors, OpenReplica, Replica

from axial.changefeed.app import build_feeds
from axial.changefeed.settings import ChangefeedSettings
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.peers import Peer
from axial.common.postgres import connect, open_pool
from axial.common.reading import PLAIN
from axial.common.routes import add_routes
from axial.common.service import new_api
from axial.common.settings import ServiceSettings
from axial.common.testing.blobs import MemoryBlobStore
from axial.index.api import internal, outbound, routing_facts
from axial.index.app import SCHEMAS as INDEX_SCHEMAS
from axial.index.find.finder import Finder
from axial.index.find.tags import TagReader
from axial.index.projector import SEARCH_PATH, BatchWriter
from axial.index.routing_facts import RoutingReads
from axial.index.sendable import SendableReads
from axial.router.app import SCHEMAS as ROUTER_SCHEMAS
from axial.router.index_client import IndexClient
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.parts import Parts
from axial.router.rules.opening import open_rules, prepare_rules
from axial.router.settings import RouterSettings

OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]


@pytest.fixture
def configuration() -> Configuration:
    """Name a modality, and write a rule that is not enabled."""
    rule = {"Trigger": "StableStudy", "Destinations": [{"Modality": "ct"}], "Enabled": False}
    return Configuration.model_validate(
        {
            "DicomModalities": {
                "pacs": ["PACS", "127.0.0.1", 104],
                "ct": ["CT1", "127.0.0.1", 104],
            },
            "Router": {"Rules": {"fixed": rule}},
        }
    )


async def _peers() -> Mapping[str, Peer]:
    return PEERS


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schemas that each test's database has: the router's, and those of the archive beside it."""
    return {**ROUTER_SCHEMAS, **INDEX_SCHEMAS}


@pytest.fixture
async def archive(router_url: str) -> AsyncIterator[Archive]:
    """Build an empty archive beside the router's tables."""
    app = _api(internal.router, outbound.router, routing_facts.router)
    blobs = MemoryBlobStore()
    async with open_pool(router_url, SEARCH_PATH, read_only=True) as pool:
        app.state.tag_reader = TagReader(pool, blobs, lambda: PLAIN)
        app.state.finder = Finder(pool, app.state.tag_reader)
        app.state.sendable_reads = SendableReads(pool)
        app.state.routing_reads = RoutingReads(pool)
        app.state.projection = StandingProjection()
        app.state.configuration = Configuration()
        connection = await connect(router_url, SEARCH_PATH)
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://index") as client:
            writer = await BatchWriter.open(connection)
            yield Archive(app, client, writer, blobs, app.state.projection)
        await connection.close()


@pytest.fixture
async def doors(
    archive: Archive, router_settings: RouterSettings, nats: Client
) -> AsyncIterator[Doors]:
    """Give the way to the index and to a changefeed, whose log nobody writes: the archive is filled by hand."""
    name = f"TEST_{uuid.uuid4().hex}"
    await EventLog(nats, name, name.lower()).ensure()
    settings = ChangefeedSettings(
        database_url=router_settings.database_url,
        nats_url=router_settings.nats_url,
        log_stream=name,
        log_prefix=name.lower(),
        feed_stream="",
    )
    async with build_feeds(settings, Configuration(), archive.blobs) as feeds:
        loopback = ("127.0.0.1", 50_000)
        yield Doors(
            {
                8102: httpx2.ASGITransport(archive.app, client=loopback),
                8103: httpx2.ASGITransport(feeds, client=loopback),
            }
        )
    await nats.jetstream().delete_stream(name)


@pytest.fixture
def open_replica(open_parts: OpenParts, doors: Doors) -> OpenReplica:
    """Open replicas, each of which carries rules out when it is its turn, and does replays."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Replica]:
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(open_parts())
            http = await stack.enter_async_context(httpx2.AsyncClient(transport=doors))
            settings = parts.settings
            index = IndexClient(http, settings.index_url, settings.internal_token)
            parts = replace(parts, http=http, index=index)
            prepared = prepare_rules(parts, _peers)
            stores = prepare_jobs(parts)
            jobs = await stack.enter_async_context(open_jobs(parts, stores, [prepared.replay]))
            rules = await stack.enter_async_context(open_rules(parts, prepared, stores.jobs))
            app = _api(rules, jobs)
            client = await stack.enter_async_context(
                httpx2.AsyncClient(
                    transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
                    base_url="http://router",
                )
            )
            yield Replica(parts, prepared, client)

    return opened


@pytest.fixture
async def replica(open_replica: OpenReplica) -> AsyncIterator[Replica]:
    """Give one replica."""
    async with open_replica() as replica:
        yield replica


def _api(*routers: APIRouter) -> FastAPI:
    app = new_api("test", ServiceSettings(), Configuration(), CollectorRegistry(), {})
    add_routes(app, *routers)
    return app
