"""What the projector's tests do again and again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from axial.common import postgres
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import Event
from axial.common.testing.eventually import eventually
from axial.index.metrics import IndexMetrics
from axial.index.projector import SEARCH_PATH, Projector


async def append(log: EventLog, *events: Event) -> None:
    """Record events in this order."""
    for event in events:
        await log.append(event, new_envelope("axial/test"))


@asynccontextmanager
async def projecting(url: str, log: EventLog, nats: Client) -> AsyncIterator[IndexMetrics]:
    """Run a projector; leaving stops it as abruptly as a crash would."""
    metrics = IndexMetrics(CollectorRegistry())
    task = asyncio.create_task(Projector(url, log, nats, metrics).run())
    try:
        yield metrics
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def rows(url: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    """Read as the service does."""
    connection = await postgres.connect(url, SEARCH_PATH)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


async def caught_up(url: str, log: EventLog) -> None:
    """Wait until everything in the log is projected."""
    end = await log.end()

    async def reached() -> Any:
        (position,) = await rows(url, "SELECT log_sequence FROM position")
        return position["log_sequence"] == end

    await eventually(reached)
