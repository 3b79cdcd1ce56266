"""The composition root of ingest: what stands on what, opened in order."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import stamina
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from axial.common.blobs import BlobStore, open_blob_store
from axial.common.clients.replicas import asked
from axial.common.configuration import Configuration
from axial.common.disks import DiskFigures, blob_folder
from axial.common.errors import StorageFull, Unavailable
from axial.common.event_log import EventLog
from axial.common.events import StorageLimits
from axial.common.log_levels import LogLevels
from axial.common.nats import open_nats
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.runtime.follower import following
from axial.common.runtime.settings import initial_settings
from axial.common.service import background, new_api
from axial.ingest.annotation_routes import AnnotationRoutes
from axial.ingest.annotations import Annotations
from axial.ingest.api import IngestApi, NamedRoute
from axial.ingest.arrivals import Arrivals
from axial.ingest.bulk_delete import BulkDelete
from axial.ingest.commands import Commands
from axial.ingest.compression import Compression
from axial.ingest.compression_routes import CompressionRoutes
from axial.ingest.lookup import FileLookup
from axial.ingest.metrics import IngestMetrics
from axial.ingest.receive import Policy, Receiver
from axial.ingest.removals import Removals
from axial.ingest.requests import Waiting
from axial.ingest.reserve import Reserve, ReservingLog, ReservingStore
from axial.ingest.setting_routes import SettingRoutes
from axial.ingest.settings import IngestSettings
from axial.ingest.spool import clear_leftovers
from axial.ingest.storage_form import StorageForm
from axial.ingest.sweep import IndexClient, Sweeper
from axial.ingest.trash_routes import TrashRoutes
from axial.ingest.uploads import Uploads

log = structlog.get_logger(__name__)

# As long as `open_nats` waits: engines that start together with us are there by then.
_START_TIMEOUT_SECONDS = 30.0
_MEBIBYTE = 1024 * 1024


@asynccontextmanager
async def build(settings: IngestSettings, configuration: Configuration) -> AsyncIterator[FastAPI]:
    """Open the collaborators, prove that they can be used, and close them in reverse."""
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    leftovers = clear_leftovers(settings.spool_dir)
    if leftovers:
        log.info("spool_cleared", count=leftovers)
    async with AsyncExitStack() as stack:
        blobs = await stack.enter_async_context(
            open_blob_store(
                settings.blob_url,
                settings.blob_access_key.get_secret_value(),
                settings.blob_secret_key.get_secret_value(),
            )
        )
        nats = await stack.enter_async_context(open_nats(settings.nats_url, "ingest"))
        event_log = EventLog(nats, settings.log_stream, settings.log_prefix)
        await _verify(blobs, event_log, settings.log_replicas)
        engines = [Path(folder) for folder in settings.engine_folders.split(os.pathsep) if folder]
        folders = {"spool": settings.spool_dir} | blob_folder(settings.blob_url)
        DiskFigures(registry, "ingest", folders | {folder.name: folder for folder in engines})
        reserve = Reserve(engines, settings.reserved_bytes)
        blobs = ReservingStore(blobs, reserve)
        appending = ReservingLog(event_log, reserve)
        runtime = await stack.enter_async_context(
            following(
                event_log, initial_settings(configuration), LogLevels(settings.log_level).apply
            )
        )
        outcomes = OutcomeInbox(nats)
        await outcomes.open()

        async def log_answers() -> None:
            await event_log.end()

        form = StorageForm(settings.spool_dir, compresses=configuration.storage_compression)
        receiver = Receiver(
            blobs,
            form,
            appending,
            outcomes,
            lambda: nats.max_payload,
            Policy(configuration.overwrite_instances, _limits(configuration)),
            lambda: runtime.settings.default_encoding,
            metrics,
        )
        limit_bytes = configuration.maximum_upload_size * _MEBIBYTE
        uploads = Uploads(receiver, settings.spool_dir, limit_bytes, metrics)
        commands = Commands(appending, outcomes, metrics, configuration.deletion_grace)
        waiting = Waiting(settings.outcome_wait_seconds)
        annotations = AnnotationRoutes(
            Annotations(commands, blobs, form),
            configuration,
            settings.spool_dir,
            limit_bytes,
            waiting,
        )
        http = await stack.enter_async_context(httpx2.AsyncClient(mounts=asked(settings.index_url)))
        lookup = FileLookup(http, settings.index_url, settings.internal_token)
        compression = CompressionRoutes(
            Compression(commands, blobs, lookup, settings.spool_dir), configuration, waiting
        )
        bulk_delete = BulkDelete(commands, waiting)
        changing = SettingRoutes(appending, runtime)
        api = IngestApi(
            uploads,
            commands,
            annotations,
            compression,
            bulk_delete,
            changing,
            TrashRoutes(commands, _limits(configuration), waiting),
            waiting,
            metrics,
        )
        upload = api.upload()
        arrival = Arrivals(
            receiver,
            configuration,
            settings.spool_dir,
            limit_bytes,
            settings.outcome_wait_seconds,
            metrics,
        ).upload()
        app = new_api(
            "ingest",
            settings,
            configuration,
            registry,
            {"log": log_answers, "blobs": blobs.check},
            exact={upload.path: upload, arrival.path: arrival},
        )
        app.router.routes.append(
            NamedRoute(arrival.path, arrival.endpoint, methods=[arrival.method])
        )
        removals = Removals(commands, configuration, waiting)
        app.router.routes.append(NamedRoute(removals.path, removals.delete, methods=["DELETE"]))
        api.add_to(app)

        sweeper = Sweeper(
            blobs,
            IndexClient(http, settings.index_url, settings.internal_token),
            timedelta(seconds=settings.sweep_grace_seconds),
            lambda: datetime.now(UTC),
            metrics,
        )
        await stack.enter_async_context(background(sweeper.run(settings.sweep_interval_seconds)))
        yield app


def _limits(configuration: Configuration) -> StorageLimits | None:
    """Tell how much may be kept; None when nothing is limited."""
    if not (configuration.maximum_storage_size or configuration.maximum_patient_count):
        return None
    return StorageLimits(
        maximum_bytes=configuration.maximum_storage_size * _MEBIBYTE,
        maximum_patients=configuration.maximum_patient_count,
        mode="recycle" if configuration.maximum_storage_mode == "Recycle" else "reject",
    )


async def _verify(blobs: BlobStore, event_log: EventLog, replicas: int) -> None:
    """Prove that blobs can be written, and that the log is there; Unavailable when they stay away."""
    async for attempt in stamina.retry_context(
        on=Unavailable, attempts=None, timeout=_START_TIMEOUT_SECONDS, wait_max=1.0
    ):
        with attempt:
            try:
                await blobs.check()
            except StorageFull:
                # It can still be read, and room be made by deletions.
                log.warning("blob_storage_full")
            await event_log.ensure(replicas)
