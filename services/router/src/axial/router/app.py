"""Compose the router: the only place that knows concrete classes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from axial.common.blobs import open_blob_store
from axial.common.clients.index_files import IndexFiles
from axial.common.clients.ingest import IngestClient
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.log_levels import LogLevels
from axial.common.migrate import migrate_when_there
from axial.common.nats import open_nats
from axial.common.postgres import away_is_unavailable, open_pool
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import background, new_api
from axial.router.bell import Bell
from axial.router.index_client import IndexClient
from axial.router.parts import Parts
from axial.router.presence import Presence
from axial.router.settings import RouterSettings


@asynccontextmanager
async def build(settings: RouterSettings, configuration: Configuration) -> AsyncIterator[FastAPI]:
    """Open the collaborators in order, close them in reverse."""
    registry = CollectorRegistry()
    stopping = asyncio.Event()
    await migrate_when_there(settings.database_url, "router", "axial.router.migrations")
    async with AsyncExitStack() as stack:
        nats = await stack.enter_async_context(open_nats(settings.nats_url, "router"))
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await log.ensure(settings.log_replicas)
        runtime = await stack.enter_async_context(
            following(log, initial_settings(configuration), LogLevels(settings.log_level).apply)
        )
        pool = await stack.enter_async_context(
            open_pool(settings.database_url, "router", size=settings.database_connections)
        )
        blobs = await stack.enter_async_context(
            open_blob_store(
                settings.blob_url,
                settings.blob_access_key.get_secret_value(),
                settings.blob_secret_key.get_secret_value(),
            )
        )
        http = await stack.enter_async_context(httpx2.AsyncClient())
        files = IndexFiles(settings.index_url, settings.internal_token)
        stack.push_async_callback(files.aclose)
        ingest = IngestClient(settings.ingest_urls, settings.internal_token)
        stack.push_async_callback(ingest.aclose)
        bell = Bell(settings.database_url)
        presence = Presence(pool, bell, settings.lease_seconds)
        await presence.keep()
        stack.push_async_callback(presence.leave)
        await stack.enter_async_context(background(bell.run(), presence.run()))
        parts = Parts(
            settings=settings,
            configuration=configuration,
            registry=registry,
            pool=pool,
            bell=bell,
            presence=presence,
            blobs=blobs,
            log=log,
            runtime=runtime,
            index=IndexClient(http, settings.index_url, settings.internal_token),
            files=files,
            ingest=ingest,
            http=http,
            stopping=stopping,
        )

        async def check_log() -> None:
            await log.end()

        async def check_postgres() -> None:
            async with away_is_unavailable():
                await parts.pool.execute("SELECT 1")

        checks = {"log": check_log, "postgres": check_postgres}
        app = new_api("router", settings, configuration, registry, checks, stopping)
        yield app
