"""Compressing: the other form as a blob, then an event, and another look when somebody was faster."""

import asyncio
import hashlib
import struct
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx2
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from axial.common.blobs import BlobStore, open_blob_store
from axial.common.errors import Conflict, Corrupted, NotFound, Unavailable
from axial.common.events import AttachmentCompressionChangeRequested, Envelope, Event, Origin
from axial.common.identifiers import Level, ResourceId
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.recorded import LogSequence
from axial.common.testing.blobs import MemoryBlobStore
from axial.ingest.commands import Accepted, Commands
from axial.ingest.compression import Compression, Wish
from axial.ingest.lookup import FileLookup, FoundFile
from axial.ingest.metrics import IngestMetrics

pytestmark = pytest.mark.unit

_ID = ResourceId("16738bc3-e47ed42a-43ce044c-a3414a45-cb069bd0")
_FILE = b"hello " * 100
_MEBIBYTE = 1024 * 1024


def md5(content: bytes) -> str:
    """Digest some bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def form_of(file: bytes) -> bytes:
    """Compress as Orthanc does."""
    return struct.pack("<Q", len(file)) + zlib.compress(file)


def wish(*, is_compressed: bool) -> Wish:
    """Wish for a form of the file of an instance."""
    origin = Origin(protocol="RestApi", remote_ip="192.0.2.1", http_username="alice")
    return Wish(Level.INSTANCE, _ID, 1, is_compressed, origin)


@dataclass
class _World:
    """The index, the log and the projector around the one file there is."""

    blobs: BlobStore
    #: None when it is gone.
    file: FoundFile | None
    events: list[AttachmentCompressionChangeRequested] = field(default_factory=list)
    #: What somebody else does between our look at the file and our event.
    meanwhile: list[Callable[["_World"], Awaitable[None]]] = field(default_factory=list)
    is_late: bool = False
    is_away: bool = False
    listener: Callable[[Msg], Awaitable[None]] | None = None

    async def subscribe(self, _subject: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        self.listener = cb

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == f"/internal/files/instances/{_ID}/1"
        assert request.headers["authorization"] == "Bearer hush"
        if self.is_away:
            return httpx2.Response(503)
        if self.file is None:
            return httpx2.Response(404)
        return httpx2.Response(200, content=self.file.model_dump_json())

    async def append(self, event: Event, _envelope: Envelope, reply_to: str = "") -> LogSequence:
        assert isinstance(event, AttachmentCompressionChangeRequested)
        self.events.append(event)
        if self.meanwhile:
            await self.meanwhile.pop(0)(self)
        decision = "written"
        if self.file is None:
            decision = "not_found"
        elif self.file.blob_key != event.from_blob_key:
            decision = "conflict"
        else:
            change = {"blob_key": event.blob_key, "is_compressed": event.is_compressed}
            self.file = self.file.model_copy(update=change)
        if reply_to and not self.is_late:
            assert self.listener is not None
            body = b'{"decision":"%s","revision":1}' % decision.encode()
            await self.listener(Msg(cast("Client", self), reply_to, "", body))
        return LogSequence(len(self.events))

    async def change(
        self, folder: Path, *, is_compressed: bool, wait_seconds: float = 0.05
    ) -> Accepted | None:
        """Ask for a form of the file."""
        inbox = OutcomeInbox(cast("Client", self))
        await inbox.open()
        transport = httpx2.MockTransport(self.answer)
        async with httpx2.AsyncClient(transport=transport) as http:
            compression = Compression(
                Commands(self, inbox, IngestMetrics(CollectorRegistry())),
                self.blobs,
                FileLookup(http, "http://index/", SecretStr("hush")),
                folder,
            )
            return await compression.change(wish(is_compressed=is_compressed), wait_seconds)


async def world(file: bytes = _FILE, blobs: BlobStore | None = None) -> _World:
    """Store one file."""
    blobs = blobs or MemoryBlobStore()
    await blobs.put("first.dcm", file)
    found = FoundFile(
        blob_key="first.dcm", size_bytes=len(file), md5=md5(file), is_compressed=False
    )
    return _World(blobs, found)


async def test_there_and_back(tmp_path: Path) -> None:
    """Each form is stored before the event that tells of it, and the old one is left to the fold."""
    system = await world()
    assert await system.change(tmp_path, is_compressed=True) is None
    assert await system.change(tmp_path, is_compressed=True) is None
    (event,) = system.events
    form = form_of(_FILE)
    assert await system.blobs.read(event.blob_key) == form
    assert (event.from_blob_key, event.is_compressed) == ("first.dcm", True)
    assert (event.stored_size_bytes, event.stored_md5) == (len(form), md5(form))
    assert (event.remote_ip, event.http_username) == ("192.0.2.1", "alice")
    assert await system.change(tmp_path, is_compressed=False) is None
    event = system.events[-1]
    assert await system.blobs.read(event.blob_key) == _FILE
    assert (event.is_compressed, event.stored_md5) == (False, md5(_FILE))
    assert len(system.events) == 2


async def test_who_is_too_late_looks_again(tmp_path: Path) -> None:
    """The file was overwritten meanwhile: what is compressed in the end is what is there in the end."""
    system = await world()

    async def overwrite(system: _World) -> None:
        await system.blobs.put("second.dcm", b"second")
        system.file = FoundFile(
            blob_key="second.dcm", size_bytes=6, md5=md5(b"second"), is_compressed=False
        )
        await system.blobs.delete("first.dcm")

    system.meanwhile.append(overwrite)
    assert await system.change(tmp_path, is_compressed=True) is None
    assert [event.from_blob_key for event in system.events] == ["first.dcm", "second.dcm"]
    assert await system.blobs.read(system.events[-1].blob_key) == form_of(b"second")


async def test_what_is_overwritten_all_the_time_is_a_conflict(tmp_path: Path) -> None:
    """A request ends, whatever the others do."""
    system = await world()
    number = iter(range(100))

    async def overwrite(system: _World) -> None:
        assert system.file is not None
        key = f"{next(number)}.dcm"
        await system.blobs.put(key, _FILE)
        system.file = system.file.model_copy(update={"blob_key": key})

    system.meanwhile = [overwrite] * 100
    with pytest.raises(Conflict):
        await system.change(tmp_path, is_compressed=True)


async def test_a_file_that_goes(tmp_path: Path) -> None:
    """Deleted before the look, or between the look and the event: it is not found."""
    system = await world()

    async def delete(system: _World) -> None:
        system.file = None

    system.meanwhile.append(delete)
    with pytest.raises(NotFound):
        await system.change(tmp_path, is_compressed=True)
    with pytest.raises(NotFound):
        await system.change(tmp_path, is_compressed=True)
    assert len(system.events) == 1


async def test_a_blob_that_stays_away_is_no_endless_search(tmp_path: Path) -> None:
    """The index names a blob that the store does not have."""
    system = await world()
    await system.blobs.delete("first.dcm")
    with pytest.raises(Conflict):
        await system.change(tmp_path, is_compressed=True)
    assert system.events == []


@pytest.mark.parametrize("is_compressed", [True, False])
async def test_a_damaged_file_keeps_its_form(tmp_path: Path, *, is_compressed: bool) -> None:
    """What is not what was stored must never be told to be it: the blob that may still be saved stays."""
    system = await world()
    assert system.file is not None
    damaged = b"hellO " * 100
    form = damaged if is_compressed else form_of(damaged)
    await system.blobs.put("damaged", form)
    system.file = system.file.model_copy(
        update={"blob_key": "damaged", "is_compressed": not is_compressed}
    )
    with pytest.raises(Corrupted):
        await system.change(tmp_path, is_compressed=is_compressed)
    assert system.events == []
    assert [blob.key async for blob in system.blobs.list()] == ["damaged", "first.dcm"]


async def test_who_does_not_wait_is_told_the_sequence(tmp_path: Path) -> None:
    """Durable is not done yet; and an index that is away is not believed to have nothing."""
    system = await world()
    accepted = await system.change(tmp_path, is_compressed=True, wait_seconds=0)
    assert accepted == Accepted(LogSequence(1))
    system = await world()
    system.is_late = True
    assert await system.change(tmp_path, is_compressed=True) == Accepted(LogSequence(1))
    system = await world()
    system.is_away = True
    with pytest.raises(Unavailable):
        await system.change(tmp_path, is_compressed=True)


async def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    """Neither form is ever in memory as a whole, not even of what compresses to almost nothing."""
    large = 96 * _MEBIBYTE
    with (tmp_path / "large").open("w+b") as file:
        file.truncate(large)
        digest = hashlib.md5(usedforsecurity=False)
        for _ in range(large // _MEBIBYTE):
            digest.update(bytes(_MEBIBYTE))
        async with open_blob_store((tmp_path / "blobs").as_uri()) as blobs:
            await blobs.put("first.dcm", file)
            system = _World(
                blobs,
                FoundFile(
                    blob_key="first.dcm",
                    size_bytes=large,
                    md5=digest.hexdigest(),
                    is_compressed=False,
                ),
            )
            tracemalloc.start()
            try:
                await system.change(tmp_path, is_compressed=True, wait_seconds=1)
                await system.change(tmp_path, is_compressed=False, wait_seconds=1)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    compressed, plain = system.events
    assert compressed.stored_size_bytes < _MEBIBYTE
    assert (plain.stored_size_bytes, plain.stored_md5) == (large, digest.hexdigest())
    assert peak < 16 * _MEBIBYTE
    # Spooled files have no name, or are gone.
    assert {path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))} == {
        "large",
        "blobs",
    }
