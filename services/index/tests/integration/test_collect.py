"""The collector against the real database: what nobody refers to goes, but not while it may be copied."""

import asyncio

import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.projecting import append, caught_up, projecting, rows

from axial.common.collection import nothing_collected
from axial.common.event_log import EventLog
from axial.common.postgres import open_pool
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.collect import Collector
from axial.index.metrics import IndexMetrics
from axial.index.projector import SEARCH_PATH

pytestmark = pytest.mark.integration


async def test_nothing_is_collected_while_blobs_are_copied(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A backup finds every blob that its log names: garbage waits for its end, whichever replica collects."""
    async with projecting(index_url, log, nats):
        await append(log, instance_received(), instance_received())
        await caught_up(index_url, log)
    (garbage,) = await rows(index_url, "SELECT blob_key FROM garbage")
    blobs = MemoryBlobStore()
    await blobs.put(garbage["blob_key"], b"bytes")
    async with open_pool(index_url, SEARCH_PATH) as pool:
        collectors = [Collector(pool, blobs, IndexMetrics(CollectorRegistry())) for _ in range(2)]
        async with nothing_collected(index_url) as hold:
            assert await asyncio.gather(*(c.collect() for c in collectors)) == [0, 0]
            await hold.check()
            assert await blobs.read(garbage["blob_key"]) == b"bytes"

        async def collected() -> bool:
            await asyncio.gather(*(c.collect() for c in collectors))
            return not [blob async for blob in blobs.list()]

        # The lock goes with its connection, which the server notices soon.
        await eventually(collected)
