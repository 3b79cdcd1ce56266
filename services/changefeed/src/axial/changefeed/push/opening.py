"""The webhooks of one process, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from axial.changefeed.consumers.store import ConsumerStore
from axial.changefeed.entries.reader import Entries
from axial.changefeed.push.backoff import Backoff
from axial.changefeed.push.cloud_events import CloudEvents
from axial.changefeed.push.endpoints import Endpoints
from axial.changefeed.push.metrics import PushMetrics
from axial.changefeed.push.pushing import Patience, Pushing
from axial.changefeed.push.redelivery import Redeliverer
from axial.changefeed.push.routes import push_routes
from axial.changefeed.push.sending import open_sender
from axial.changefeed.push.worker import PushWorker
from axial.changefeed.settings import ChangefeedSettings


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What the rest of the process uses of the webhooks."""

    worker: PushWorker
    redeliver: Redeliverer
    router: APIRouter


@asynccontextmanager
async def open_webhooks(
    settings: ChangefeedSettings,
    name: str,
    entries: Entries,
    store: ConsumerStore,
    registry: CollectorRegistry,
) -> AsyncIterator[Webhooks]:
    """Open the connections to the endpoints; `name` is the archive's. The worker is the caller's to run."""
    metrics = PushMetrics(registry)
    patience = Patience(
        Backoff(settings.push_retry_seconds, settings.push_longest_retry_seconds),
        timedelta(seconds=settings.push_dead_after_seconds),
    )
    async with open_sender(settings.push_timeout_seconds) as sender:
        events = CloudEvents.of_archive(name, settings.service_host_name)
        endpoints = Endpoints(events, sender)

        def pushing(consumer: str) -> Pushing:
            return Pushing(consumer, entries, store, endpoints, patience, metrics)

        yield Webhooks(
            PushWorker(settings.database_url, store, pushing, metrics),
            Redeliverer(endpoints),
            push_routes(store, endpoints),
        )
