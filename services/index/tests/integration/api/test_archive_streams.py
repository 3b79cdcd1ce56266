"""Archives while they are sent: what is read when, and what happens when something changes or breaks on the way."""

import asyncio
import random
import tracemalloc
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

import httpx2
import pytest
import uvicorn
from structlog.testing import capture_logs
from support.archive import Archive
from support.media import unpacked

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.blobs import StorageUnavailable
from axial.common.connections import CuttableProtocol
from axial.common.events import InstanceReceived, ResourceDeletionRequested
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.blobs import MemoryBlobStore, MemoryReader
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.archives.reads import ArchiveReads
from axial.index.archives.selection import select
from axial.index.archives.stream import archive as archive_stream
from axial.index.archives.walk import Form

pytestmark = pytest.mark.integration

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
SERIES = resource_ids("P", "1", "1.1", "1.1.1").series
PATH = f"/series/{SERIES}/archive"
KIBIBYTE, MEBIBYTE = 1024, 1024 * 1024
PATIENCE_SECONDS = 10.0


def noise(name: str, size_bytes: int) -> bytes:
    """Make bytes that cannot be deflated, for a name always the same."""
    return random.Random(name).randbytes(size_bytes)  # noqa: S311 - to be told apart, not to be secret


def received(number: int, file: bytes, content: str = "") -> InstanceReceived:
    """Tell of an instance of the series; its pixels are JPEGs, so that nothing is deflated in vain."""
    event = instance_received("P", "1", "1.1", f"1.1.{number}", content=content or f"file {number}")
    return event.model_copy(update={"size_bytes": len(file), "transfer_syntax_uid": JPEG_BASELINE})


class Watched(MemoryBlobStore):
    """Notes which blobs are read, and lets the test hold some of them back, or break them."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []
        self.under_way = 0
        self.most_under_way = 0
        self.held: dict[str, asyncio.Event] = {}
        self.broken: set[str] = set()
        self.readers: list[MemoryReader] = []

    @contextmanager
    def _noted(self, key: str) -> Iterator[None]:
        self.begun.append(key)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            yield
        finally:
            self.under_way -= 1

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read, unless held back or broken."""
        with self._noted(key):
            await asyncio.sleep(0)
            if key in self.held:
                await self.held[key].wait()
            if key in self.broken:
                raise StorageUnavailable
            return await super().read(key, start, end)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> MemoryReader:
        """Open, and keep the reader."""
        self.begun.append(key)
        reader = await super().open(key, start, end)
        self.readers.append(reader)
        return reader


@pytest.fixture
def watched(archive: Archive) -> Watched:
    """Give the archive a store that is watched."""
    archive.blobs = archive.app.state.blobs = Watched()
    return archive.blobs


async def fill(archive: Archive, count: int, size_bytes: int) -> list[tuple[str, bytes]]:
    """Store instances of one series; return their keys and their files."""
    files = [noise(str(number), size_bytes) for number in range(count)]
    events = [received(number, file) for number, file in enumerate(files)]
    for event, file in zip(events, files, strict=True):
        await archive.blobs.put(event.blob_key, file)
    await archive.project(*events)
    return [(event.blob_key, file) for event, file in zip(events, files, strict=True)]


async def streamed(archive: Archive, form: Form | None = None) -> AsyncGenerator[bytes, None]:
    """Begin with the archive of the series."""
    reads: ArchiveReads = archive.app.state.archive_reads
    lineages = await reads.lineages([SERIES])
    return archive_stream(archive.app.state.blobs, reads, select(lineages), form or Form())


async def rest(pieces: AsyncIterator[bytes]) -> bytes:
    """Take what is left of an archive."""
    return b"".join([piece async for piece in pieces])


async def test_first_bytes_leave_before_the_last_are_read(
    archive: Archive, watched: Watched
) -> None:
    """An archive is sent while it is made."""
    files = await fill(archive, 20, 40 * KIBIBYTE)
    last, _ = files[-1]
    watched.held[last] = asyncio.Event()
    async with aclosing(await streamed(archive)) as pieces:
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = await anext(pieces)
        assert len(first) >= 64 * KIBIBYTE
        watched.held[last].set()
        found = unpacked(first + await rest(pieces))
    assert list(found.values()) == [file for _, file in files]


async def test_read_ahead_but_not_far(archive: Archive, watched: Watched) -> None:
    """Several files are read at once, and no more than may be held."""
    await fill(archive, 40, 20 * KIBIBYTE)
    async with aclosing(await streamed(archive)) as pieces:
        await anext(pieces)
        assert watched.most_under_way == 16
        # Those that have been packed, and those ahead of them.
        assert len(watched.begun) < 25


async def test_memory_is_bounded_by_bytes(archive: Archive, watched: Watched) -> None:
    """Of files as large as are read at once, only as many are read ahead as may be held."""
    await fill(archive, 10, 4 * MEBIBYTE)
    async with aclosing(await streamed(archive)) as pieces:
        await anext(pieces)
        assert len(watched.begun) <= 5
        assert watched.readers == []


class Endless(MemoryBlobStore):
    """Has the same mebibyte under every key."""

    async def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Give bytes of one's own, as a store does."""
        del key
        return bytes(MEBIBYTE)[start:end]


async def test_memory_does_not_grow_with_the_archive(archive: Archive) -> None:
    """Half a gibibyte of files passes through a few tens of mebibytes."""
    archive.blobs = archive.app.state.blobs = Endless()
    await archive.project(*(received(number, bytes(MEBIBYTE)) for number in range(512)))
    size_bytes = 0
    tracemalloc.start()
    try:
        async with aclosing(await streamed(archive)) as pieces:
            async for piece in pieces:
                size_bytes += len(piece)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size_bytes > 512 * MEBIBYTE
    assert peak_bytes < 32 * MEBIBYTE


async def test_a_large_file_is_never_whole_in_memory(archive: Archive, watched: Watched) -> None:
    """A file too large to be held is sent as it is read."""
    ((_, file),) = await fill(archive, 1, 5 * MEBIBYTE)
    async with aclosing(await streamed(archive)) as pieces:
        sizes = []
        taken = []
        async for piece in pieces:
            sizes.append(len(piece))
            taken.append(piece)
    assert max(sizes) < 200 * KIBIBYTE
    assert list(unpacked(b"".join(taken)).values()) == [file]


@pytest.mark.parametrize("size_bytes", [40 * KIBIBYTE, 5 * MEBIBYTE])
async def test_deleted_on_the_way(archive: Archive, watched: Watched, size_bytes: int) -> None:
    """An instance that is deleted before its turn is left out, and its number with it."""
    files = await fill(archive, 4, size_bytes)
    key, _ = files[2]
    watched.held[key] = asyncio.Event()
    async with aclosing(await streamed(archive)) as pieces:
        first = await anext(pieces)
        instance = resource_ids("P", "1", "1.1", "1.1.2").instance
        await archive.project(ResourceDeletionRequested(level=Level.INSTANCE, resource_id=instance))
        await watched.delete(key)
        watched.held[key].set()
        found = unpacked(first + await rest(pieces))
    names = [name.rpartition("/")[2] for name in found]
    assert names == ["CT000000.dcm", "CT000001.dcm", "CT000003.dcm"]
    assert list(found.values()) == [file for other, file in files if other != key]


async def test_replaced_on_the_way(archive: Archive, watched: Watched) -> None:
    """An instance that is replaced before its turn comes as it is then, never half of each."""
    files = await fill(archive, 2, 40 * KIBIBYTE)
    key, _ = files[1]
    watched.held[key] = asyncio.Event()
    other = noise("other", 50 * KIBIBYTE)
    event = received(1, other, "other").model_copy(update={"overwrite": "always"})
    async with aclosing(await streamed(archive, Form(is_media=True))) as pieces:
        begun = asyncio.create_task(rest(pieces))
        await eventually(lambda: key in watched.begun)
        await watched.put(event.blob_key, other)
        await archive.project(event)
        await watched.delete(key)
        watched.held[key].set()
        found = unpacked(await begun)
    assert list(found.values())[:2] == [files[0][1], other]


async def test_what_comes_later_is_left_out(archive: Archive, watched: Watched) -> None:
    """An instance that is stored while the archive is sent is not in it: every archive ends."""
    files = await fill(archive, 60, 20 * KIBIBYTE)
    async with aclosing(await streamed(archive)) as pieces:
        first = await anext(pieces)
        late = noise("late", 20 * KIBIBYTE)
        event = received(1000, late)
        await archive.blobs.put(event.blob_key, late)
        await archive.project(event)
        found = unpacked(first + await rest(pieces))
    assert list(found.values()) == [file for _, file in files]


async def test_missing_bytes(archive: Archive, watched: Watched) -> None:
    """An instance that is there and whose bytes are not is never passed over in silence."""
    files = await fill(archive, 3, 20 * KIBIBYTE)
    await watched.delete(files[1][0])
    response = await archive.get(PATH)
    assert (response.status_code, response.json()["OrthancStatus"]) == (503, 36)


async def test_hanging_up(archive: Archive, watched: Watched) -> None:
    """When nobody takes the archive any more its reading stops at once, and nothing stays open."""
    files = await fill(archive, 40, 40 * KIBIBYTE)
    for key, _ in files[3:]:
        watched.held[key] = asyncio.Event()
    before = asyncio.all_tasks()
    async with aclosing(await streamed(archive)) as pieces:
        await anext(pieces)
        assert watched.under_way > 0
    begun = len(watched.begun)
    await eventually(lambda: watched.under_way == 0)
    await eventually(lambda: asyncio.all_tasks() <= before)
    assert len(watched.begun) == begun


@asynccontextmanager
async def serving(archive: Archive) -> AsyncIterator[str]:
    """Serve the archive on a socket, as the service does."""
    (port,) = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(
            archive.app, LOOPBACK, port, log_config=None, lifespan="off", http=CuttableProtocol
        )
    )
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await task


async def test_a_client_that_goes_away(archive: Archive, watched: Watched) -> None:
    """A client that closes its connection ends the reading, however much was still to come."""
    files = await fill(archive, 30, MEBIBYTE)
    async with serving(archive) as url, httpx2.AsyncClient(base_url=url) as client:
        async with client.stream("GET", PATH) as response:
            assert response.headers["transfer-encoding"] == "chunked"
            await anext(response.aiter_raw())
        await eventually(lambda: watched.under_way == 0)
        assert len(watched.begun) < len(files)


async def test_a_blob_that_breaks_on_the_way(archive: Archive, watched: Watched) -> None:
    """An archive that cannot be completed does not look complete, and what is logged names nobody."""
    files = await fill(archive, 10, 100 * KIBIBYTE)
    watched.broken.add(files[8][0])
    with capture_logs() as lines:
        async with serving(archive) as url, httpx2.AsyncClient(base_url=url) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(PATH)
    (line,) = (line for line in lines if line["event"] == "archive_failed")
    assert line == {
        "event": "archive_failed",
        "error": "StorageUnavailable",
        "log_level": "warning",
    }
