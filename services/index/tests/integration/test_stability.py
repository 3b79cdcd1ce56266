"""Stable resources by the real log and the real database: once a quiet period, whatever restarts."""

import asyncio

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.event_log import EventLog
from axial.common.postgres import open_pool
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.projector import SEARCH_PATH
from axial.index.rebuild import rebuild
from axial.index.stability import Stability

pytestmark = pytest.mark.integration


async def stable_changes(url: str) -> list[int]:
    """Read what was told of resting resources: 12 a patient, 13 a study, 14 a series."""
    told = await rows(
        url, "SELECT change_type FROM changes WHERE change_type BETWEEN 12 AND 14 ORDER BY sequence"
    )
    return [row["change_type"] for row in told]


async def test_a_quiet_period_is_told_once_for_the_whole_cluster(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """Three replicas watch the same rows; series come before their study, and it before its patient."""
    await append(log, instance_received(), instance_received(instance="1.1.2"))
    async with projecting(index_url, log, nats), open_pool(index_url, SEARCH_PATH) as pool:
        await caught_up(index_url, log)
        replicas = [Stability(pool, log, 0) for _ in range(3)]
        await asyncio.gather(*(replica.notice() for replica in replicas))
        await caught_up(index_url, log)
        assert await stable_changes(index_url) == [14, 13, 12]
        assert await replicas[0].notice() == 0
        await append(log, instance_received(instance="1.1.3"))
        await caught_up(index_url, log)
        await asyncio.gather(*(replica.notice() for replica in replicas))
        await caught_up(index_url, log)
    assert await stable_changes(index_url) == [14, 13, 12, 14, 13, 12]
    assert (await rebuild(index_url, log, swap=False)).differences == {}


async def test_a_restart_inside_the_quiet_period_loses_nothing(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """The timer is in the database: whoever starts next goes on with it."""
    await append(log, instance_received())
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    async with projecting(index_url, log, nats), open_pool(index_url, SEARCH_PATH) as pool:
        assert await Stability(pool, log, 3600).notice() == 0
        watching = asyncio.create_task(Stability(pool, log, 1).run())

        async def told() -> bool:
            return len(await stable_changes(index_url)) == 3

        await eventually(told)
        watching.cancel()
