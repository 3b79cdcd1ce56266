"""What the index tells of how full, and how late, the archive is, on the real log and the real database."""

import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.projecting import append, caught_up, projecting

from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.postgres import open_pool
from axial.common.testing.facts import instance_received
from axial.index.fullness import Fullness
from axial.index.metrics import FullnessMetrics, IndexMetrics
from axial.index.projection import Projection
from axial.index.projector import SEARCH_PATH

pytestmark = pytest.mark.integration


async def test_how_late(index_url: str, log: EventLog, nats: Client) -> None:
    """The lag is told in events and as the age of the oldest of them; nothing to do is no lag."""
    registry = CollectorRegistry()

    def told(name: str) -> float:
        return registry.get_sample_value(f"axial_index_lag_{name}") or 0.0

    async with open_pool(index_url, SEARCH_PATH) as pool:
        projection = Projection(pool, log, IndexMetrics(registry))
        await append(log, instance_received(), instance_received(instance="1.1.2"))
        await projection.look()
        first = told("seconds")
        assert told("events") == 2
        assert 0 < first < 60
        await projection.look()
        assert told("seconds") > first
        async with projecting(index_url, log, nats):
            await caught_up(index_url, log)
        await projection.look()
        assert (told("events"), told("seconds")) == (0, 0)


async def test_how_full(index_url: str, log: EventLog, nats: Client) -> None:
    """What is kept, what may be, and what database and log take for it."""
    registry = CollectorRegistry()
    await append(log, instance_received(), instance_received(instance="1.1.2"))
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    configuration = Configuration(MaximumStorageSize=3, MaximumPatientCount=7)
    async with open_pool(index_url, SEARCH_PATH) as pool:
        await Fullness(pool, log, configuration, FullnessMetrics(registry)).measure()

    def told(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"axial_index_{name}", labels) or 0.0

    assert told("resources", level="patients") == 1
    assert told("resources", level="instances") == 2
    assert told("files_size_bytes") == told("files_disk_size_bytes") == 2 * len("first")
    assert (told("files_limit_bytes", mode="recycle"), told("patients_limit")) == (3 * 1024**2, 7)
    assert told("database_size_bytes") > 1024**2
    assert told("log_size_bytes") > 100
    assert told("log_end") == 2
