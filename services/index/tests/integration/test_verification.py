"""`axial verify` finds every kind of disagreement, and none where there is none."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.client import Client
from support.projecting import append, caught_up, projecting, rows

from axial.common.blobs import BlobStore, open_blob_store
from axial.common.event_log import EventLog
from axial.common.testing.facts import instance_received
from axial.index.verification import verify

pytestmark = pytest.mark.integration

CONTENTS = ("one", "two", "three")


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[BlobStore]:
    """Give an empty directory store."""
    async with open_blob_store(f"file://{tmp_path}/blobs", "", "") as store:
        yield store


@pytest.fixture
async def stored(index_url: str, log: EventLog, nats: Client, blobs: BlobStore) -> str:
    """Store three instances, bytes and all."""
    for number, content in enumerate(CONTENTS):
        event = instance_received(instance=f"1.1.{number}", content=content)
        await blobs.put(event.blob_key, content.encode())
        await append(log, event)
    async with projecting(index_url, log, nats):
        await caught_up(index_url, log)
    return index_url


async def test_all_agree(stored: str, log: EventLog, blobs: BlobStore) -> None:
    """Nothing differs, and the report says how much was compared."""
    report = await verify(stored, log, blobs)
    assert report.differences == {}
    assert (report.instances, report.events) == (3, 3)
    assert report.bytes_read == sum(len(content) for content in CONTENTS)


@pytest.mark.parametrize(
    ("damage", "difference"),
    [
        ("UPDATE resources SET child_count = 7 WHERE level = 3", "child_counts"),
        ("UPDATE resources SET parent_id = 'nobody' WHERE level = 2", "orphans"),
        ("DELETE FROM datasets WHERE instance_id = (SELECT min(id) FROM instances)", "instances"),
        ("DELETE FROM findable WHERE level = 2", "findable"),
        ("UPDATE findable SET created_sequence = 99 WHERE level = 1", "findable"),
        ("UPDATE totals SET size_bytes = size_bytes + 1", "totals"),
        ("UPDATE position SET change_sequence = 99", "changes_numbering"),
        ("UPDATE position SET instance_sequence = 99", "instance_changes_numbering"),
        (
            "UPDATE instances SET event_id = gen_random_uuid() WHERE sop_instance_uid = '1.1.0'",
            "instances_without_their_event",
        ),
        ("UPDATE position SET log_sequence = 99", "log_shorter_than_index"),
        ("INSERT INTO trash VALUES (99, 4, 'nobody', 0, 0, 1, 0)", "trash"),
    ],
)
async def test_damage_to_the_index_is_found(
    stored: str, log: EventLog, blobs: BlobStore, damage: str, difference: str
) -> None:
    """Each invariant of the tables has its own name in the report."""
    await rows(stored, damage)
    assert difference in (await verify(stored, log, blobs)).differences


@pytest.mark.parametrize(
    ("content", "difference"),
    [
        (None, "blobs_missing"),
        (b"onE", "blobs_with_another_md5"),
        (b"on", "blobs_of_another_size"),
    ],
)
async def test_damage_to_a_blob_is_found(
    stored: str, log: EventLog, blobs: BlobStore, content: bytes | None, difference: str
) -> None:
    """A blob that is missing, cut or changed is told apart."""
    digest = hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    key = f"2026/11/20/2358/1.1.0-{digest}.dcm"
    await blobs.delete(key)
    if content is not None:
        await blobs.put(key, content)
    assert (await verify(stored, log, blobs)).differences == {difference: 1}
