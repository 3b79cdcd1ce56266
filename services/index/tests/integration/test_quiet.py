"""An idle archive can prove that nothing has happened, by the real log and the real database."""

import asyncio

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.event_log import EventLog
from axial.common.postgres import open_pool
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.projector import SEARCH_PATH
from axial.index.quiet import Quiet
from axial.index.rebuild import rebuild

pytestmark = pytest.mark.integration


async def ticks(url: str) -> int:
    """Read the time up to which the feeds are complete."""
    (position,) = await rows(url, "SELECT ticks FROM position")
    return int(position["ticks"])


async def test_a_silence_is_told_once_and_moves_the_feeds_time(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Three replicas notice the same silence; it is one event, and the fold repeats it on replay."""
    await append(log, instance_received())
    async with projecting(index_url, log, nats), open_pool(index_url, SEARCH_PATH) as pool:
        await caught_up(index_url, log)
        before, end = await ticks(index_url), await log.end()
        replicas = [Quiet(pool, log, 0.5) for _ in range(3)]

        async def noticed() -> bool:
            return any(await asyncio.gather(*(replica.notice() for replica in replicas)))

        await eventually(noticed)
        await caught_up(index_url, log)
        assert await log.end() == end + 1
        assert await ticks(index_url) > before
        assert not await Quiet(pool, log, 3600.0).notice()
    assert (await rebuild(index_url, log, swap=False)).differences == {}


async def test_what_is_not_projected_yet_is_no_silence(index_url: str, log: EventLog) -> None:
    """An event is on its way: its own time will be told."""
    await append(log, instance_received())
    async with open_pool(index_url, SEARCH_PATH) as pool:
        assert not await Quiet(pool, log, 0.0).notice()
    assert await log.end() == 1
