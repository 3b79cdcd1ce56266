"""An index under test: its routes, the real Postgres behind them, and a hand on its history."""

from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI

from axial.common.configuration import Configuration
from axial.common.errors import Unavailable
from axial.common.events import Event
from axial.common.runtime.settings import initial_settings
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.facts import recorded
from axial.common.ticks import TICKS_PER_SECOND
from axial.index.projector import BatchWriter

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


class StandingRuntime:
    """Settings that a test changes by hand."""

    def __init__(self, configuration: Configuration) -> None:
        self.settings = initial_settings(configuration)

    async def caught_up(self) -> None:
        """Return at once: nobody else changes them."""


@dataclass
class Archive:
    """An index with a client in front of it and a hand on its history."""

    app: FastAPI
    client: httpx2.AsyncClient
    writer: BatchWriter
    blobs: MemoryBlobStore
    projection: StandingProjection

    async def project(self, *events: Event) -> None:
        """Append events to the archive's history, one a second."""
        following = self.writer.position.log_sequence + 1
        await self.writer.project(
            [
                recorded(event, sequence, _START + sequence * TICKS_PER_SECOND)
                for sequence, event in enumerate(events, start=following)
            ]
        )

    def arrival(self) -> int:
        """Return when the newest event arrived, in ticks."""
        return self.writer.position.ticks

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for a path."""
        return await self.client.get(path, headers=headers)

    async def json(self, path: str) -> Any:
        """Ask for a path that must be there."""
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        return response.json()
