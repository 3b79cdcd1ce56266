"""The jobs of one process, put together."""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter

from axial.common.disks import DiskFigures
from axial.common.routes import add_routes
from axial.common.service import background
from axial.router.jobs.archives import ARCHIVE, MEDIA
from axial.router.jobs.engine import Engine
from axial.router.jobs.housekeeping import Housekeeping, forget_former_jobs
from axial.router.jobs.internal_routes import internal_job_routes
from axial.router.jobs.kind import Kind
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.output_routes import output_routes
from axial.router.jobs.outputs import Outputs, Retention
from axial.router.jobs.registry import Jobs
from axial.router.jobs.routes import job_routes
from axial.router.jobs.store import JobStore
from axial.router.parts import Parts


@dataclass(frozen=True, slots=True)
class JobStores:
    """Where jobs are kept."""

    store: JobStore
    outputs: Outputs
    #: Of all kinds that this process knows.
    jobs: Jobs
    kinds: dict[str, Kind]


def prepare_jobs(parts: Parts) -> JobStores:
    """Prepare to submit jobs; their kinds are added before the first is."""
    configuration, replica = parts.configuration, parts.presence.id
    store = JobStore(parts.pool, replica, configuration.jobs_history_size)
    most_archives = configuration.media_archive_size
    outputs = Outputs(
        parts.pool,
        parts.blobs,
        replica,
        parts.settings.spool_dir,
        None if most_archives is None else Retention((ARCHIVE, MEDIA), most_archives),
    )
    kinds: dict[str, Kind] = {}
    return JobStores(store, outputs, Jobs(store, parts.bell, kinds), kinds)


@asynccontextmanager
async def open_jobs(
    parts: Parts, stores: JobStores, kinds: Iterable[Kind]
) -> AsyncIterator[APIRouter]:
    """Do jobs of some kinds as long as this is open, and give the routes; at the end others go on with them."""
    stores.kinds.update({kind.type_name: kind for kind in kinds})
    metrics = JobMetrics(parts.registry)
    metrics.know(stores.kinds)
    # Archives are made there before they are kept.
    DiskFigures(parts.registry, "router", {"spool": parts.settings.spool_dir})
    engine = Engine(
        stores.kinds,
        stores.store,
        stores.outputs,
        parts.presence,
        parts.bell,
        metrics,
        at_once=parts.configuration.concurrent_jobs or os.cpu_count() or 1,
        stopping=parts.stopping,
    )
    housekeeping = Housekeeping(stores.store, stores.outputs, metrics)

    async def work() -> None:
        if not parts.configuration.save_jobs:
            # Before any of them is begun again.
            await forget_former_jobs(stores.store)
        await engine.run()

    try:
        async with background(work(), housekeeping.run()):
            routes = job_routes(stores.store)
            add_routes(
                routes,
                output_routes(stores.outputs, parts.blobs),
                internal_job_routes(stores.jobs, stores.store, parts.configuration),
            )
            yield routes
    finally:
        await engine.let_go(parts.settings.shutdown_seconds)
