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
from axial.common.clients.replicas import asked
from axial.common.configuration import Configuration
from axial.common.dictionary import Dictionary
from axial.common.event_log import EventLog
from axial.common.known_modalities import following_modalities
from axial.common.log_levels import LogLevels
from axial.common.migrate import prepare_schemas
from axial.common.move_news import MoveNews
from axial.common.nats import open_nats
from axial.common.postgres import away_is_unavailable, open_pool
from axial.common.routes import add_routes
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import background, new_api
from axial.dimse.reaching import Reach
from axial.dimse.sending.associations import Associations
from axial.dimse.sending.contexts import targets
from axial.dimse.sending.instances import Conversion
from axial.router.bell import Bell
from axial.router.commitment.opening import open_commitment
from axial.router.deliveries.opening import open_deliveries
from axial.router.destinations.known import KnownDestinations, finding_modalities
from axial.router.destinations.modality import Means
from axial.router.destinations.port import DestinationKind
from axial.router.exports import Exports
from axial.router.index_client import IndexClient
from axial.router.jobs.archives import archive_kinds
from axial.router.jobs.kind import Kind
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.modalities.c_move import c_move_routes
from axial.router.modalities.opening import build_modalities, store_job
from axial.router.parts import Parts
from axial.router.peers.opening import open_peers
from axial.router.presence import Presence
from axial.router.queries.opening import build_queries, build_remotes, retrieval_kinds
from axial.router.rules.opening import current_peers, open_rules, prepare_rules
from axial.router.settings import RouterSettings

#: The package that holds the migrations of each schema.
SCHEMAS = {"router": "axial.router.migrations"}


@asynccontextmanager
async def build(settings: RouterSettings, configuration: Configuration) -> AsyncIterator[FastAPI]:
    """Open the collaborators in order, close them in reverse."""
    registry = CollectorRegistry()
    stopping = asyncio.Event()
    await prepare_schemas(settings.database_url, SCHEMAS, migrates=settings.migrate_at_start)
    async with AsyncExitStack() as stack:
        nats = await stack.enter_async_context(open_nats(settings.nats_url, "router"))
        log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await log.ensure(settings.log_replicas)
        runtime = await stack.enter_async_context(
            following(log, initial_settings(configuration), LogLevels(settings.log_level).apply)
        )
        modalities = await stack.enter_async_context(following_modalities(log, configuration))
        associations = Associations(float(configuration.dicom_association_close_delay))
        stack.push_async_callback(associations.aclose)
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
        http = await stack.enter_async_context(
            httpx2.AsyncClient(
                mounts={**asked(settings.index_url), **asked(settings.changefeed_url)}
            )
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
        parts = Parts(
            settings=settings,
            configuration=configuration,
            registry=registry,
            pool=pool,
            bell=bell,
            presence=presence,
            blobs=blobs,
            log=log,
            move_news=MoveNews(nats, settings.log_prefix),
            runtime=runtime,
            modalities=modalities,
            reach=Reach.of(configuration),
            associations=associations,
            exports=Exports(log, is_wanted=configuration.log_exported_resources),
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
        means = Means(
            parts.reach,
            parts.files,
            Dictionary(configuration.dictionary),
            parts.associations,
            parts.index,
            Conversion(parts.files, targets(configuration.dicom_scu_preferred_transfer_syntax))
            if configuration.transcode_dicom_protocol
            else None,
        )
        jobs = prepare_jobs(parts)
        commitment = await stack.enter_async_context(open_commitment(parts, means, jobs.jobs))
        peers = await stack.enter_async_context(open_peers(parts, jobs.jobs))
        remotes = build_remotes(parts)
        kinds: list[Kind] = [
            store_job(parts, means, commitment.after_store),
            commitment.kind,
            peers.store,
            *retrieval_kinds(parts, remotes),
        ]
        rules = prepare_rules(parts, current_peers(peers.known))
        kinds += [*archive_kinds(parts), rules.replay]
        add_routes(
            app,
            await stack.enter_async_context(open_jobs(parts, jobs, kinds)),
            *commitment.routers,
            *peers.routes,
            build_modalities(parts, means, jobs.jobs),
            c_move_routes(parts.modalities, means, jobs.jobs, configuration),
            build_queries(parts, remotes, jobs.jobs),
        )
        destinations = KnownDestinations(
            {
                DestinationKind.MODALITY: finding_modalities(parts.modalities, means),
                DestinationKind.PEER: peers.destinations.find,
            }
        )
        deliveries = open_deliveries(parts, destinations)
        add_routes(
            app,
            await stack.enter_async_context(deliveries),
            await stack.enter_async_context(open_rules(parts, rules, jobs.jobs)),
        )
        yield app
