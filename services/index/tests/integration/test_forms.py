"""Files in other forms, in the real database: batch by batch, folded again, compared, swept and collected."""

import hashlib
import random
import struct
import uuid
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from support.projecting import append, caught_up, projecting, rows

from axial.common.blobs import BlobStore, open_blob_store
from axial.common.event_log import EventLog
from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentDeletionRequested,
    AttachmentWriteRequested,
    Event,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, resource_ids
from axial.common.postgres import open_pool
from axial.common.recorded import LogSequence
from axial.common.testing.facts import instance_received
from axial.index.collect import Collector
from axial.index.database import Database
from axial.index.metrics import IndexMetrics
from axial.index.projector import SEARCH_PATH
from axial.index.rebuild import rebuild
from axial.index.verification import verify

pytestmark = pytest.mark.integration

IDS = resource_ids("P", "1", "1.1", "1.1.1")
_FIELDS = {"level": Level.INSTANCE, "resource_id": IDS.instance}


def form_of(file: bytes) -> bytes:
    """Compress as Orthanc does."""
    return struct.pack("<Q", len(file)) + zlib.compress(file)


def md5(content: bytes) -> str:
    """Digest some bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Files:
    """Makes events about one instance and its attachment, and puts their blobs as ingest would."""

    def __init__(self, blobs: BlobStore, seed: int) -> None:
        self._blobs = blobs
        self._chance = random.Random(seed)  # noqa: S311 - a history, not a secret
        #: Every blob that was put, and the file in it.
        self.files: dict[str, bytes] = {}

    async def _put(self, file: bytes, *, is_compressed: bool = False) -> tuple[str, bytes]:
        key = f"2026/11/20/2358/{uuid.UUID(int=self._chance.getrandbits(128)).hex}.attachment"
        form = form_of(file) if is_compressed else file
        await self._blobs.put(key, form)
        self.files[key] = file
        return key, form

    async def some_event(self) -> Event:
        """Store, attach, put into another form, remove or delete."""
        chance = self._chance
        file = f"file {chance.random()}".encode() * 20
        stored_at = instance_received().stored_at
        match chance.choice(["receive", "attach", "detach", "delete", *["recode"] * 6]):
            case "receive":
                key, form = await self._put(file)
                event = instance_received(overwrite=chance.choice(["always", "never"]))
                return event.model_copy(
                    update={"blob_key": key, "size_bytes": len(form), "md5": md5(form)}
                )
            case "attach":
                key, form = await self._put(file)
                return AttachmentWriteRequested.model_validate(
                    _FIELDS
                    | {"number": 1025, "blob_key": key, "size_bytes": len(form)}
                    | {"md5": md5(form), "stored_at": stored_at}
                )
            case "detach":
                return AttachmentDeletionRequested.model_validate(_FIELDS | {"number": 1025})
            case "delete":
                return ResourceDeletionRequested.model_validate(_FIELDS)
        source = chance.choice(list(self.files)[-4:] or ["nothing"])
        is_compressed = chance.choice([True, False])
        key, form = await self._put(self.files.get(source, b"none"), is_compressed=is_compressed)
        return AttachmentCompressionChangeRequested.model_validate(
            _FIELDS
            | {"number": chance.choice([1, 1025]), "from_blob_key": source, "blob_key": key}
            | {"is_compressed": is_compressed, "stored_size_bytes": len(form)}
            | {"stored_md5": md5(form), "stored_at": stored_at}
        )


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[BlobStore]:
    """Give an empty directory store."""
    async with open_blob_store(f"file://{tmp_path}/blobs", "", "") as store:
        yield store


async def kept(url: str) -> set[str]:
    """List the blobs that a file is kept in."""
    found = await rows(
        url, "SELECT blob_key FROM instances UNION ALL SELECT blob_key FROM attachments"
    )
    return {row["blob_key"] for row in found}


async def test_any_history_agrees_with_log_and_blobs(
    index_url: str, log: EventLog, nats: Client, blobs: BlobStore
) -> None:
    """Folded in batches of any size it is the same again; each blob is in use or collected, and whole."""
    chance = random.Random(30)  # noqa: S311
    files = Files(blobs, 31)
    async with (
        projecting(index_url, log, nats),
        open_pool(index_url, SEARCH_PATH) as pool,
    ):
        collector = Collector(pool, blobs, IndexMetrics(CollectorRegistry()))
        seen_recoded = False
        for _ in range(25):
            events = [await files.some_event() for _ in range(chance.randint(1, 10))]
            await append(log, *events)
            await caught_up(index_url, log)
            used = await kept(index_url)
            garbage = await rows(index_url, "SELECT blob_key FROM garbage")
            assert used.isdisjoint(row["blob_key"] for row in garbage)
            (first,) = await rows(index_url, "SELECT log_sequence FROM position")
            assert await collector.collect(LogSequence(first["log_sequence"] - len(events))) == 0
            await collector.collect()
            stored = {blob.key async for blob in blobs.list()}
            assert stored == used
            report = await verify(index_url, log, blobs)
            assert report.differences == {}
            seen_recoded |= bool(
                await rows(index_url, "SELECT FROM instances WHERE compressed_md5 IS NOT NULL")
            )
        assert seen_recoded
    assert (await rebuild(index_url, log, swap=False)).differences == {}


async def test_verify_finds_what_is_wrong_with_a_compressed_file(
    index_url: str, log: EventLog, nats: Client, blobs: BlobStore
) -> None:
    """The blob's own sum, the file's sum, and the event that tells of it are each compared."""
    file = b"hello " * 100
    first = instance_received().model_copy(update={"size_bytes": len(file), "md5": md5(file)})
    form = form_of(file)
    await append(
        log,
        first,
        AttachmentCompressionChangeRequested.model_validate(
            _FIELDS
            | {"number": 1, "from_blob_key": first.blob_key, "blob_key": "compressed"}
            | {"is_compressed": True, "stored_size_bytes": len(form), "stored_md5": md5(form)}
            | {"stored_at": first.stored_at}
        ),
    )
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    await blobs.put("compressed", form)
    report = await verify(index_url, log, blobs)
    assert (report.differences, report.bytes_read) == ({}, len(form))
    await blobs.delete("compressed")
    await blobs.put("compressed", form[:-1] + b"x")
    expected = {"blobs_with_another_md5": 1}
    assert (await verify(index_url, log, blobs)).differences == expected
    # The right sum of a broken stream is no better.
    broken = md5(form[:-1] + b"x")
    await rows(index_url, f"UPDATE instances SET compressed_md5 = '{broken}'")  # noqa: S608
    expected["files_without_their_event"] = 1
    assert (await verify(index_url, log, blobs)).differences == expected


async def test_the_sweeper_leaves_the_blobs_of_either_form(
    index_url: str, log: EventLog, nats: Client
) -> None:
    """A blob is known by the event in its name, whether it came with the file or took its place."""
    first = instance_received(content="first")
    attached = AttachmentWriteRequested.model_validate(
        _FIELDS
        | {"number": 1025, "blob_key": "a", "size_bytes": 1, "md5": first.md5}
        | {"stored_at": first.stored_at}
    )
    changes = [
        AttachmentCompressionChangeRequested.model_validate(
            _FIELDS
            | {"number": number, "from_blob_key": source, "blob_key": target}
            | {"is_compressed": True, "stored_size_bytes": 9, "stored_md5": first.md5}
            | {"stored_at": first.stored_at}
        )
        for number, source, target in ((1, first.blob_key, "b"), (1025, "a", "c"))
    ]
    async with projecting(index_url, log, nats):
        await append(log, first, attached, *changes)
        await caught_up(index_url, log)
    known = await rows(
        index_url,
        "SELECT blob_key, file_event_id FROM instances"
        " UNION ALL SELECT blob_key, file_event_id FROM attachments",
    )
    asked = {row["blob_key"]: row["file_event_id"] for row in known} | {"stray": uuid.uuid4()}
    async with open_pool(index_url, SEARCH_PATH, read_only=True) as pool:
        assert await Database(pool).find_unknown_blobs(asked) == ["stray"]
