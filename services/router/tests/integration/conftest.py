"""Real Postgres, NATS and blobs, what every part of the router is given, and a client of its routes.

The index and ingest are other services with tests of their own: `neighbours` answers in their place.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from axial.common.blobs import BlobStore, open_blob_store
from axial.common.clients.index_files import IndexFiles
from axial.common.clients.ingest import IngestClient
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.known_modalities import following_modalities
from axial.common.move_news import MoveNews
from axial.common.nats import open_nats
from axial.common.postgres import open_pool
from axial.common.routes import add_routes
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import background, new_api
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.router.app import SCHEMAS
from axial.router.bell import Bell
from axial.router.exports import Exports
from axial.router.index_client import IndexClient
from axial.router.parts import Parts
from axial.router.presence import Presence
from axial.router.settings import RouterSettings

Answer = Callable[[httpx2.Request], httpx2.Response]
OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]
Asking = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


class Neighbours:
    """Answers in the place of the index and ingest: `answers` by path, 404 else; `asked` are the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer in the place of another service."""
        await request.aread()
        self.asked.append(request)
        answer = self.answers.get(request.url.path)
        return httpx2.Response(404) if answer is None else answer(request)


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


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[BlobStore]:
    """Give an empty blob store in a folder."""
    async with open_blob_store(f"file://{tmp_path / 'blobs'}") as store:
        yield store


@pytest.fixture
def database_schemas() -> Mapping[str, str]:
    """Name the schema that each test's database has."""
    return SCHEMAS


@pytest.fixture
def router_url(database_url: str) -> str:
    """Give a database with the router's schema."""
    return database_url


@pytest.fixture
def router_settings(router_url: str, nats_url: str, tmp_path: Path) -> RouterSettings:
    """Point the service at the test's engines; replicas die soon, and little is waited for."""
    return RouterSettings(
        database_url=router_url,
        nats_url=nats_url,
        spool_dir=tmp_path,
        lease_seconds=1.0,
        shutdown_seconds=2.0,
        database_connections=4,
    )


@pytest.fixture
def configuration() -> Configuration:
    """Give the configuration that nobody has changed; a test module may have a fixture of its own."""
    return Configuration()


@pytest.fixture
def neighbours() -> Neighbours:
    """Give what stands in the place of the index and ingest."""
    return Neighbours()


@pytest.fixture
def open_parts(
    router_settings: RouterSettings,
    configuration: Configuration,
    log: EventLog,
    nats: Client,
    blobs: BlobStore,
    neighbours: Neighbours,
) -> OpenParts:
    """Open what one replica's parts are given; each call is another replica on the same engines."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Parts]:
        settings = router_settings
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(
                following(log, initial_settings(configuration), lambda _settings: None)
            )
            modalities = await stack.enter_async_context(following_modalities(log, configuration))
            associations = Associations(float(configuration.dicom_association_close_delay))
            stack.push_async_callback(associations.aclose)
            pool = await stack.enter_async_context(
                open_pool(settings.database_url, "router", size=settings.database_connections)
            )
            http = await stack.enter_async_context(
                httpx2.AsyncClient(transport=httpx2.MockTransport(neighbours))
            )
            files = IndexFiles(settings.index_url, settings.internal_token)
            stack.push_async_callback(files.aclose)
            ingest = IngestClient(settings.ingest_urls, settings.internal_token)
            stack.push_async_callback(ingest.aclose)
            bell = Bell(settings.database_url)
            presence = Presence(pool, bell, settings.lease_seconds)
            await presence.keep()
            stack.push_async_callback(presence.leave)
            await stack.enter_async_context(background(bell.run(), presence.run()))
            yield Parts(
                settings=settings,
                configuration=configuration,
                registry=CollectorRegistry(),
                pool=pool,
                bell=bell,
                presence=presence,
                blobs=blobs,
                log=log,
                move_news=MoveNews(nats, uuid.uuid4().hex),
                runtime=runtime,
                modalities=modalities,
                reach=Reach.of(configuration),
                associations=associations,
                exports=Exports(log, is_wanted=configuration.log_exported_resources),
                index=IndexClient(http, settings.index_url, settings.internal_token),
                files=files,
                ingest=ingest,
                http=http,
                stopping=asyncio.Event(),
            )

    return opened


@pytest.fixture
async def parts(open_parts: OpenParts) -> AsyncIterator[Parts]:
    """Give one replica's collaborators."""
    async with open_parts() as parts:
        yield parts


@pytest.fixture
def asking(router_settings: RouterSettings, configuration: Configuration) -> Asking:
    """Give what opens a client of some routes, asked as the edge does."""

    @asynccontextmanager
    async def asked(*routers: APIRouter) -> AsyncIterator[httpx2.AsyncClient]:
        app: FastAPI = new_api("router", router_settings, configuration, CollectorRegistry(), {})
        add_routes(app, *routers)
        async with httpx2.AsyncClient(
            # An error becomes the answer the client would see, not an exception in the test.
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://router",
        ) as client:
            yield client

    return asked
