"""The service as a process of its own, which can be stopped and killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter
from axial.cli.ports import LOOPBACK, free_ports
from axial.common.testing.eventually import eventually

_START_SECONDS = 60.0


@dataclass
class Service:
    """A changefeed service on a port of its own."""

    settings: ChangefeedSettings
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    async def start(self, **environment: str) -> None:
        """Start it, and wait until it answers reads."""
        self.environment |= environment
        settings = self.settings
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "axial.changefeed",
            env=os.environ
            | {
                "AXIAL_DATABASE_URL": settings.database_url,
                "AXIAL_NATS_URL": settings.nats_url,
                "AXIAL_LOG_STREAM": settings.log_stream,
                "AXIAL_LOG_PREFIX": settings.log_prefix,
                "AXIAL_FEED_STREAM": "",
                "AXIAL_BLOB_URL": "file:///tmp/axial-no-blobs",
                "AXIAL_LISTEN_PORT": str(self.port),
                "AXIAL_LOG_LEVEL": "warning",
            }
            | self.environment,
        )
        await eventually(self._answers, within=_START_SECONDS)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), _START_SECONDS)

    async def metric(self, name: str) -> float:
        """Read one figure."""
        async with httpx2.AsyncClient() as client:
            text = (await client.get(f"{self.url}/metrics")).text
        return float(
            next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1]
        )

    async def _answers(self) -> bool:
        async with httpx2.AsyncClient() as client:
            try:
                return (await client.get(f"{self.url}/feed/entries")).status_code == 200
            except httpx2.TransportError:
                return False


@pytest.fixture
async def service(writer: FeedWriter, settings: ChangefeedSettings) -> AsyncIterator[Service]:
    """Prepare a service on the test's engines; the test starts it."""
    service = Service(settings, free_ports(1)[0])
    yield service
    if service.process is not None:
        await service.stop(signal.SIGKILL)
