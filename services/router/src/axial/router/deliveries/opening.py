"""The deliveries of one replica, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter

from axial.common.errors import NotFound
from axial.common.identifiers import ResourceId
from axial.common.routes import add_routes
from axial.common.service import background
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.dead_letter_routes import dead_letter_routes
from axial.router.deliveries.deleting import Archive, Deleting
from axial.router.deliveries.delivery import Patience
from axial.router.deliveries.dispatcher import Dispatcher
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.deliveries.routes import delivery_routes
from axial.router.deliveries.standing import Standings
from axial.router.deliveries.telling import Telling
from axial.router.deliveries.upkeep import Upkeep
from axial.router.destinations.port import Destinations
from axial.router.parts import Parts

_PATIENCE = Patience()


@asynccontextmanager
async def open_deliveries(
    parts: Parts, destinations: Destinations, patience: Patience = _PATIENCE
) -> AsyncIterator[APIRouter]:
    """Deliver in the background, and give the routes; at the end, what is in hand is finished or given back."""
    settings = parts.settings
    backoff = Backoff(settings.delivery_retry_seconds, settings.delivery_longest_retry_seconds)
    metrics = DeliveryMetrics(parts.registry)
    database = DeliveryDatabase(
        parts.pool, parts.presence.id, tells_exports=parts.exports.is_wanted
    )
    standings = Standings(parts.pool)
    ending = asyncio.Event()

    def may_go_on() -> bool:
        over = ending.is_set() or parts.stopping.is_set()
        return parts.presence.is_certain and not over

    async def is_here(instance_id: str) -> bool:
        try:
            await parts.index.expand([ResourceId(instance_id)])
        except NotFound:
            return False
        return True

    here = Circumstances(
        parts.bell,
        database,
        destinations,
        backoff,
        patience,
        metrics,
        may_go_on,
        lambda: parts.presence.term,
        is_here,
        parts.files,
    )
    dispatcher = Dispatcher(here)
    upkeep = Upkeep(
        database,
        standings,
        metrics,
        settings.delivery_refresh_seconds,
        settings.delivery_history_days,
    )
    telling = Telling(parts.pool, parts.bell, parts.exports)
    archive = Archive(
        parts.http,
        settings.ingest_urls,
        settings.internal_token,
        parts.index,
    )
    deleting = Deleting(
        parts.pool, parts.bell, destinations, archive, backoff, patience.most_questions
    )
    async with background(dispatcher.run(), upkeep.run(), telling.run(), deleting.run()):
        administration = Administration(parts.pool)
        routes = delivery_routes(administration, standings)
        add_routes(routes, dead_letter_routes(administration))
        yield routes
        ending.set()
        parts.bell.ring("deliveries")  # wakes whoever waits for more
        await dispatcher.drain(settings.shutdown_seconds)
