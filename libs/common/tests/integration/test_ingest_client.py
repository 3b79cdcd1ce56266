"""Which replica of ingest is asked, and what its answers mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.clients.ingest import Arrival, IngestClient
from axial.common.errors import AxialError, Conflict, NotDicom, StorageFull, TooLarge, Unavailable
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

ARRIVAL = Arrival("192.0.2.7", "MODALITY", "AXIAL", "1.2", "1.2.3")


@dataclass
class Replica:
    """Answers every request alike, when it may."""

    port: int
    status: int = 200
    asked: int = 0
    connections: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def is_left(self) -> bool:
        """Tell whether nobody is connected any more."""
        return not self.connections

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        self.connections += 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\nbody")
                self.asked += 1
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % self.status)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            await writer.wait_closed()
            self.connections -= 1


@asynccontextmanager
async def _replicas(*statuses: int) -> AsyncIterator[tuple[IngestClient, list[Replica]]]:
    ports = free_ports(len(statuses))
    replicas = [Replica(port, status) for port, status in zip(ports, statuses, strict=True)]
    servers = []
    for replica in replicas:
        replica.may_answer.set()
        servers.append(await asyncio.start_server(replica.answer, LOOPBACK, replica.port))
    client = IngestClient(" ".join(f"http://{LOOPBACK}:{port}" for port in ports), SecretStr(""))
    try:
        yield client, replicas
    finally:
        await client.aclose()
        for server, replica in zip(servers, replicas, strict=True):
            server.close()
            await eventually(replica.is_left)


async def test_the_least_busy_is_asked() -> None:
    """One after another go to the same; while it is at work, the next goes to the other."""
    async with _replicas(200, 200) as (client, (first, second)):
        for _ in range(3):
            await client.store(ARRIVAL, b"body")
        assert (first.asked, second.asked) == (3, 0)
        first.may_answer.clear()
        waiting = asyncio.create_task(client.store(ARRIVAL, b"body"))
        await eventually(lambda: first.asked == 4)
        await client.store(ARRIVAL, b"body")
        assert (first.asked, second.asked) == (4, 1)
        first.may_answer.set()
        await waiting


async def test_who_fails_is_asked_last() -> None:
    """A replica that is away has least to do, and yet is not asked again before the others."""
    (nobody,) = free_ports(1)
    async with _replicas(200) as (_, (there,)):
        urls = f"http://{LOOPBACK}:{nobody} http://{LOOPBACK}:{there.port}"
        client = IngestClient(urls, SecretStr(""))
        try:
            for _ in range(3):
                await client.store(ARRIVAL, b"body")
            assert there.asked == 3
        finally:
            await client.aclose()


async def test_who_is_away_is_not_less_busy() -> None:
    """While the one that is there is at work, the next goes to it as well, and not in vain to the one that is away."""
    (nobody,) = free_ports(1)
    async with _replicas(200) as (_, (there,)):
        urls = f"http://{LOOPBACK}:{nobody} http://{LOOPBACK}:{there.port}"
        client = IngestClient(urls, SecretStr(""))
        there.may_answer.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(client.store(ARRIVAL, b"body"))
            await eventually(lambda: there.asked == 1)
            group.create_task(client.store(ARRIVAL, b"body"))
            await eventually(lambda: there.asked == 2)
            there.may_answer.set()
        await client.aclose()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, NotDicom),
        (409, Conflict),
        (413, TooLarge),
        (507, StorageFull),
        (503, Unavailable),
        (500, Unavailable),
        (403, Unavailable),
    ],
)
async def test_what_answers_mean(status: int, error: type[AxialError]) -> None:
    """Each refusal is told as what it is; whatever else is answered, later it may work."""
    async with _replicas(status) as (client, _):
        with pytest.raises(error):
            await client.store(ARRIVAL, b"body")
