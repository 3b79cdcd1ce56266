"""Engines that are away make reads 503, at start and later; the process stays, and recovers."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from axial.changefeed.app import build
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.cli.engines import nats as nats_engine
from axial.cli.engines import postgres as postgres_engine
from axial.cli.foreground import running
from axial.cli.ports import free_ports
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.migrate import migrate
from axial.common.nats import open_nats
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration


_NUMBERS = itertools.count(100)


@contextlib.asynccontextmanager
async def engine(program: object, logs: Path) -> AsyncIterator[None]:
    """Run an engine of this test alone, so that it may be stopped; the loop goes on meanwhile."""
    stack = contextlib.ExitStack()
    await asyncio.to_thread(stack.enter_context, running([program], logs))  # type: ignore[list-item]
    try:
        yield
    finally:
        await asyncio.to_thread(stack.close)


async def statuses(client: httpx2.AsyncClient) -> list[int]:
    """Read in both dialects what was not read before, and ask for readiness."""
    n = next(_NUMBERS)
    paths = (f"/changes?limit={n}", f"/v1/changefeed?offset={n}", "/readyz")
    answers = [await client.get(path) for path in paths]
    orthanc, azure, _ = answers
    if orthanc.status_code == 503:
        assert orthanc.json()["OrthancStatus"] == 36
    if azure.status_code == 503:
        assert azure.headers["content-type"] == "text/plain; charset=utf-8"
    return [answer.status_code for answer in answers]


async def test_engines_come_go_and_come_back(tmp_path: Path) -> None:
    """The service starts before Postgres and NATS, and survives the loss of each."""
    postgres_port, nats_port, monitoring = free_ports(3)
    logs = tmp_path / "logs"
    postgres = postgres_engine.prepare(tmp_path / "postgres", postgres_port, durable=False)
    nats = nats_engine.prepare(tmp_path / "nats", nats_port, monitoring, durable=False)
    settings = ChangefeedSettings(
        database_url=postgres_engine.url(postgres_port),
        nats_url=nats_engine.url(nats_port),
        blob_url=f"file://{tmp_path}/blobs",
        projection_wait_seconds=1.0,
    )
    async with (
        build(settings, Configuration()) as app,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://changefeed"
        ) as client,
    ):

        async def answer(expected: list[int]) -> bool:
            return await statuses(client) == expected

        assert await statuses(client) == [503, 503, 503]
        assert (await client.get("/healthz")).status_code == 200
        async with engine(nats, logs):
            async with engine(postgres, logs):
                connection = await connect(settings.database_url, "feed")
                await migrate(connection, "feed", "axial.index.migrations.feed")
                async with open_nats(settings.nats_url, "test") as nats_client:
                    log = EventLog(nats_client)
                    await log.ensure()
                    await FeedWriter(connection, log).store(Instance("1.1"))
                await eventually(lambda: answer([200, 200, 200]), within=30)
                kept = ("/changes", "/v1/changefeed")
                assert [(await client.get(path)).status_code for path in kept] == [200, 200]
                await connection.close()
            assert await statuses(client) == [503, 503, 503]
            # What was read is still true: nothing has happened since, as the log says.
            assert [(await client.get(path)).status_code for path in kept] == [200, 200]
            async with engine(postgres, logs):
                await eventually(lambda: answer([200, 200, 200]), within=30)
        async with engine(postgres, logs):
            await eventually(lambda: answer([503, 503, 503]), within=30)
            assert [(await client.get(path)).status_code for path in kept] == [503, 503]
            async with engine(nats, logs):
                await eventually(lambda: answer([200, 200, 200]), within=30)
        assert (await client.get("/healthz")).status_code == 200
