"""The index's routes over the real Postgres, filled through the real fold."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from axial.common import postgres
from axial.common.configuration import Configuration
from axial.common.errors import Unavailable
from axial.common.events import Event
from axial.common.postgres import Connection, Statements, open_pool
from axial.common.service import new_api
from axial.common.settings import ServiceSettings
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.facts import recorded
from axial.common.ticks import TICKS_PER_SECOND, Ticks
from axial.index.api import dependencies, routers
from axial.index.database import Database
from axial.index.projector import SEARCH_PATH, project

# The moment at which the archive's first event is recorded: 2026-11-20T23:58:00Z.
_START = 1_795_219_080 * TICKS_PER_SECOND


class StandingProjection:
    """A projection that has caught up, or never will."""

    def __init__(self) -> None:
        self.behind = False

    async def caught_up(self) -> None:
        """Return at once, or refuse."""
        if self.behind:
            raise Unavailable


@dataclass
class Archive:
    """An index with a client in front of it and a hand on its history."""

    app: FastAPI
    client: httpx2.AsyncClient
    connection: Connection
    blobs: MemoryBlobStore
    projection: StandingProjection
    statements: Statements = field(default_factory=lambda: Statements("axial.index.sql"))
    length: int = 0

    async def project(self, *events: Event) -> None:
        """Append events to the archive's history, one a second."""
        history = [
            recorded(event, sequence, _START + sequence * TICKS_PER_SECOND)
            for sequence, event in enumerate(events, start=self.length + 1)
        ]
        await project(self.connection, self.statements, history)
        self.length += len(events)

    def set_clock(self, seconds: float) -> None:
        """Let every answer be given this long after the archive's first second."""
        now = Ticks(_START + int(seconds * TICKS_PER_SECOND))
        self.app.dependency_overrides[dependencies.now] = lambda: now

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for a path."""
        return await self.client.get(path, headers=headers)

    async def json(self, path: str) -> Any:
        """Ask for a path that must be there."""
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        return response.json()


@pytest.fixture
def configuration() -> Configuration:
    """Give the options of the archive under test."""
    return Configuration.model_validate({"Name": "Test"})


@pytest.fixture
async def archive(index_url: str, configuration: Configuration) -> AsyncIterator[Archive]:
    """Build an empty archive."""
    settings = ServiceSettings.model_validate({"internal_token": "token of the services"})
    app = new_api("index", settings, configuration, CollectorRegistry(), {})
    for router in routers:
        app.include_router(router)
    async with open_pool(index_url, SEARCH_PATH, read_only=True) as pool:
        app.state.database = Database(pool)
        app.state.blobs = MemoryBlobStore()
        app.state.configuration = configuration
        app.state.projection = StandingProjection()
        connection = await postgres.connect(index_url, SEARCH_PATH)
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://archive") as client:
            yield Archive(app, client, connection, app.state.blobs, app.state.projection)
        await connection.close()
