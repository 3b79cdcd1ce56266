"""Two systems in this process, each on engines of its own: one that works, one that holds nothing."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI

from axial.changefeed.app import build as build_changefeed
from axial.changefeed.settings import ChangefeedSettings
from axial.cli.engines import nats
from axial.cli.foreground import running
from axial.cli.ports import free_ports
from axial.common.configuration import Configuration
from axial.index.app import build as build_index
from axial.index.settings import IndexSettings
from axial.ingest.app import build as build_ingest
from axial.ingest.settings import IngestSettings


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the engines of one system are, as the environment would say."""

    folder: Path
    nats_url: str
    database_url: str
    log_stream: str = "DICOM"
    log_prefix: str = "dicom"
    feed_stream: str = "FEED"
    feed_prefix: str = "feed"

    @property
    def blobs(self) -> Path:
        """The directory store."""
        return self.folder / "blobs"

    @property
    def told(self) -> dict[str, object]:
        """The settings of every service."""
        return {
            "nats_url": self.nats_url,
            "database_url": self.database_url,
            "blob_url": self.blobs.as_uri(),
            "log_stream": self.log_stream,
            "log_prefix": self.log_prefix,
            "feed_stream": self.feed_stream,
            "feed_prefix": self.feed_prefix,
            "spool_dir": self.folder / "spool",
        }

    @property
    def settings(self) -> ChangefeedSettings:
        """What a command is told."""
        return ChangefeedSettings.model_validate(self.told)


@pytest.fixture
def source(tmp_path: Path, nats_url: str, database_url: str) -> Engines:
    """Give the engines that all tests share, under names of our own."""
    name = f"TEST_{uuid.uuid4().hex}"
    feed = f"FEED_{uuid.uuid4().hex}"
    folder = tmp_path / "source"
    return Engines(folder, nats_url, database_url, name, name.lower(), feed, feed.lower())


@pytest.fixture
async def target(source: Engines, tmp_path: Path, postgres_url: str) -> AsyncIterator[Engines]:
    """Give empty engines under the same names: a NATS server of its own, another database."""
    folder = tmp_path / "target"
    database = f"target_{uuid.uuid4().hex}"
    port, monitoring = free_ports(2)
    server = nats.prepare(folder / "nats", port, monitoring, durable=False)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"CREATE DATABASE {database}")
    with running([server], tmp_path / "logs"):
        yield Engines(
            folder,
            nats.url(port),
            postgres_url.rsplit("/", 1)[0] + f"/{database}",
            source.log_stream,
            source.log_prefix,
            source.feed_stream,
            source.feed_prefix,
        )
    await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
    await connection.close()


@dataclass(frozen=True, slots=True)
class Services:
    """Clients of a system's services."""

    ingest: httpx2.AsyncClient
    index: httpx2.AsyncClient
    changefeed: httpx2.AsyncClient


@asynccontextmanager
async def serving(engines: Engines) -> AsyncIterator[Services]:
    """Run ingest, index and changefeed on some engines; leaving stops them."""
    configuration = Configuration()
    told = engines.told
    async with AsyncExitStack() as stack:
        clients = []
        for build in (
            build_index(IndexSettings.model_validate(told), configuration),
            build_ingest(IngestSettings.model_validate(told), configuration),
            build_changefeed(ChangefeedSettings.model_validate(told), configuration),
        ):
            app: FastAPI = await stack.enter_async_context(build)
            transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50_000))
            clients.append(
                await stack.enter_async_context(
                    httpx2.AsyncClient(transport=transport, base_url="http://axial", timeout=60)
                )
            )
        index, ingest, changefeed = clients
        yield Services(ingest, index, changefeed)
