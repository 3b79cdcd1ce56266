"""A reader that takes nothing is dropped, holds up nobody, and misses nothing when it comes back."""

import asyncio
import resource
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.postgres import Connection
from axial.common.testing.eventually import eventually

from .conftest import Service
from .event_source import EventSource

pytestmark = pytest.mark.integration

# About 10 MB of events: more than the sockets of both ends can hold.
ROWS = 30_000
# What a process may grow by while readers sleep: pages and the tail, far below what is not read.
ALLOWED_GROWTH_BYTES = 60 * 1024 * 1024
SLEEPERS = 5


async def fill(writer: FeedWriter, connection: Connection) -> None:
    """Write a long history at once."""
    await connection.execute(
        "INSERT INTO feed.changes SELECT n, 12, 2, md5(n::text), n, 1, NULL, NULL, md5(n::text),"
        " '1.2.' || n, '{CT}', '{}' FROM generate_series(1, $1::bigint) AS n",
        ROWS,
    )
    writer.change_sequence = ROWS
    await writer.store(Instance("1.1"))


async def fall_asleep(service: Service, query: str) -> socket.socket:
    """Ask for a stream, and read nothing of it."""
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sleeper, ("127.0.0.1", service.port))
    request = f"GET /feed/events{query} HTTP/1.1\r\nHost: a\r\n\r\n"
    await loop.sock_sendall(sleeper, request.encode())
    return sleeper


def memory_bytes(pid: int) -> int:
    """Read how much memory a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def test_a_sleeper_is_dropped_while_others_go_on(
    service: Service, writer: FeedWriter, connection: Connection
) -> None:
    """It is cut off after its time; a reader beside it gets everything; nothing was piled up for it."""
    await fill(writer, connection)
    await service.start(AXIAL_LIVE_SLOW_READER_SECONDS="1.5", AXIAL_LIVE_HEARTBEAT_SECONDS="0.1")
    assert service.process is not None
    before = memory_bytes(service.process.pid)
    sleepers = [await fall_asleep(service, "?since=0") for _ in range(SLEEPERS)]
    await eventually(lambda: figure(service, "open_streams", SLEEPERS), within=30)
    source = EventSource(f"{service.url}/feed/events?since=0")
    async with asyncio.timeout(60):
        async for told in source.connect():
            if told == writer.change_sequence:
                break
    assert source.sequences == list(range(1, writer.change_sequence + 1))
    await eventually(lambda: figure(service, "slow_readers_total", SLEEPERS), within=30)
    await eventually(lambda: figure(service, "open_streams", 0), within=30)
    assert memory_bytes(service.process.pid) - before < ALLOWED_GROWTH_BYTES
    for sleeper in sleepers:
        # What the kernel had taken is there still; then it breaks off in the midst.
        assert not (await read_all(sleeper)).endswith(b"\r\n0\r\n\r\n")
        sleeper.close()


async def test_a_sleeper_does_not_keep_the_service_from_stopping(
    service: Service, writer: FeedWriter, connection: Connection
) -> None:
    """A stream that nobody reads has no say in when the service ends."""
    await fill(writer, connection)
    await service.start(AXIAL_SHUTDOWN_SECONDS="60")
    sleeper = await fall_asleep(service, "?since=0")
    await eventually(lambda: blocked(service), within=30)
    assert await asyncio.wait_for(service.stop(signal.SIGTERM), 5) == 0
    sleeper.close()


async def read_all(sleeper: socket.socket) -> bytes:
    """Read what there is, to the end of the connection."""
    loop = asyncio.get_running_loop()
    pieces = []
    with suppress(ConnectionResetError):
        while piece := await loop.sock_recv(sleeper, 1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


async def figure(service: Service, name: str, expected: float) -> bool:
    """Tell whether a figure is as expected."""
    return await service.metric(f"axial_changefeed_{name}") == expected


async def blocked(service: Service) -> bool:
    """Tell whether the stream has come to a stand before its end: twice the same figure, and not the last."""
    name = "axial_changefeed_stream_events_total"
    first = await service.metric(name)
    await asyncio.wait({asyncio.create_task(service.metric(name))})
    return 0 < first < ROWS and first == await service.metric(name)
