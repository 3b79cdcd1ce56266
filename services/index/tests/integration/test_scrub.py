"""The scrub by real tables, a real log and both blob stores: what it tells, and when."""

import asyncio
import hashlib
import struct
import uuid
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import zstandard
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from support.projecting import append, caught_up, projecting, rows

from axial.cli.engines.seaweedfs import S3Credentials
from axial.common import postgres
from axial.common.blobs import BlobReader, BlobStore, StorageUnavailable, open_blob_store
from axial.common.event_log import EventLog
from axial.common.events import (
    AttachmentWriteRequested,
    CompressedForm,
    Event,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.logs import drop_undeclared_keys
from axial.common.postgres import Connection, open_pool
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.projection import Projection
from axial.index.projector import SEARCH_PATH
from axial.index.rebuild import rebuild
from axial.index.scrub.examiner import Examiner
from axial.index.scrub.figures import Figures
from axial.index.scrub.metrics import ScrubMetrics
from axial.index.scrub.pace import Throttle
from axial.index.scrub.scrubber import Scrubber
from axial.index.scrub.walk import Suspects, Walk
from axial.index.verification import verify

pytestmark = pytest.mark.integration

PERIOD_SECONDS = 1000.0
BYTES_PER_SECOND = 1000
HEADER = zstandard.compress(b"a header " * 1000)


@dataclass
class Time:
    """A clock that goes on by sleeping."""

    now: float = 5_000.0

    def clock(self) -> float:
        """Tell the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


@pytest.fixture
async def blobs(
    request: pytest.FixtureRequest, s3_credentials: S3Credentials, tmp_path: Path
) -> AsyncIterator[BlobStore]:
    """Give an empty directory, or an empty folder in the bucket."""
    if getattr(request, "param", "directory") == "directory":
        url = f"file://{tmp_path}/blobs"
    else:
        parts = urlsplit(request.getfixturevalue("s3_url"))
        url = urlunsplit(parts._replace(path=f"/{uuid.uuid4().hex}"))
    async with open_blob_store(url, s3_credentials.access_key, s3_credentials.secret_key) as store:
        yield store


either_store = pytest.mark.parametrize("blobs", ["directory", "s3"], indirect=True)


class Scrubbing:
    """An archive that is looked after: three instances and an attachment.

    The first instance has a large header, the second is kept compressed.
    """

    def __init__(
        self, url: str, log: EventLog, blobs: BlobStore, connection: Connection, examiner: Examiner
    ) -> None:
        self.url = url
        self.log = log
        self.blobs = blobs
        self.connection = connection
        self.examiner = examiner
        self.time = Time()
        #: By key, what was stored.
        self.stored: dict[str, bytes] = {}

    async def fill(self) -> None:
        """Store all of it."""
        for number in range(3):
            content = f"content {number} " * 100
            event = instance_received(instance=f"1.1.{number}", content=content)
            blob = content.encode()
            if number == 1:
                blob = struct.pack("<Q", len(blob)) + zlib.compress(blob)
                md5 = hashlib.md5(blob, usedforsecurity=False).hexdigest()
                compressed = CompressedForm(size_bytes=len(blob), md5=md5)
                event = event.model_copy(update={"compressed": compressed})
            await self._put(event.blob_key, blob)
            if number == 0:
                event = event.model_copy(update={"header": None, "header_blob_key": "a-header"})
                await self._put("a-header", HEADER)
            await self.tell(event)
        await self._put("attached", b"bytes")
        await self.tell(
            AttachmentWriteRequested(
                level=Level.STUDY,
                resource_id=instance_received().resource_ids().study,
                number=1025,
                blob_key="attached",
                size_bytes=5,
                md5="4b3a6218bb3e3a7303e8a171a60fcf92",
                stored_at=event.stored_at,
            )
        )

    async def _put(self, key: str, content: bytes) -> None:
        await self.blobs.put(key, content)
        self.stored[key] = content

    async def put_instead(self, key: str, content: bytes | None) -> None:
        """Damage a blob, or restore it."""
        await self.blobs.delete(key)
        if content is not None:
            await self.blobs.put(key, content)

    async def tell(self, *events: Event) -> None:
        """Have some events projected."""
        await append(self.log, *events)
        await caught_up(self.url, self.log)

    async def walk(self, share: float = 1.0) -> None:
        """Look at everything whose turn comes in this share of a walk, and at what is damaged already."""
        walk = Walk(self.connection, self.examiner.examine, PERIOD_SECONDS, self.time.clock)
        await walk.open()
        self.time.now += PERIOD_SECONDS * share
        while await walk.step() == 0.0:
            pass
        await Suspects(self.connection, self.examiner.examine, self.time.clock).step()
        await caught_up(self.url, self.log)

    async def damaged(self) -> dict[str, str]:
        """Read what is known to be damaged."""
        found = await rows(self.url, "SELECT blob_key, damage FROM damaged_blobs")
        return {row["blob_key"]: row["damage"] for row in found}

    async def end(self) -> int:
        """Tell how many events there are."""
        return await self.log.end()


@asynccontextmanager
async def scrubbed_by(
    url: str, log: EventLog, nats: Client, blobs: BlobStore
) -> AsyncIterator[Scrubbing]:
    """Compose an archive and its scrub, whose time is the test's."""
    async with AsyncExitStack() as stack:
        metrics = await stack.enter_async_context(projecting(url, log, nats))
        pool = await stack.enter_async_context(open_pool(url, SEARCH_PATH))
        connection = await postgres.connect(url, SEARCH_PATH)
        stack.callback(connection.terminate)
        time = Time()
        examiner = Examiner(
            blobs,
            log,
            Projection(pool, log, metrics),
            ScrubMetrics(CollectorRegistry()),
            Throttle(BYTES_PER_SECOND, time.clock, time.sleep),
            time.sleep,
        )
        scrubbing = Scrubbing(url, log, blobs, connection, examiner)
        scrubbing.time = time
        await scrubbing.fill()
        yield scrubbing


@pytest.fixture
async def scrubbing(
    index_url: str, log: EventLog, nats: Client, blobs: BlobStore
) -> AsyncIterator[Scrubbing]:
    """Give a filled archive."""
    async with scrubbed_by(index_url, log, nats, blobs) as scrubbing:
        yield scrubbing


@either_store
async def test_damage_is_told_once_and_forgotten_when_restored(scrubbing: Scrubbing) -> None:
    """A byte, a part, a whole blob, read at the rate; of files, a header, an attachment; as `axial verify` sees it."""
    keys = list(scrubbing.stored)
    first, header, second, third, attached = keys
    before, started = await scrubbing.end(), scrubbing.time.now
    await scrubbing.walk()
    assert (await scrubbing.damaged(), await scrubbing.end()) == ({}, before)
    size_bytes = sum(len(content) for content in scrubbing.stored.values())
    took_seconds = scrubbing.time.now - started - PERIOD_SECONDS
    assert took_seconds == pytest.approx(size_bytes / BYTES_PER_SECOND)

    await scrubbing.put_instead(first, b"C" + scrubbing.stored[first][1:])
    await scrubbing.put_instead(header, HEADER[:-3])
    await scrubbing.put_instead(second, scrubbing.stored[second][:-1])
    await scrubbing.put_instead(third, None)
    await scrubbing.put_instead(attached, b"other")
    with capture_logs() as lines:
        await scrubbing.walk()
    said = [drop_undeclared_keys(None, "", line) for line in lines]
    expected = dict.fromkeys(keys, "corrupted") | {third: "missing"}
    assert await scrubbing.damaged() == expected
    assert {line["blob_key"]: line["reason"] for line in said if "blob_key" in line} == expected
    report = await verify(scrubbing.url, scrubbing.log, scrubbing.blobs)
    assert report.differences == {
        "blobs_with_another_md5": 2,
        "blobs_of_another_size": 1,
        "blobs_missing": 1,
        "blobs_with_another_header": 1,
    }
    told = await scrubbing.end()
    assert told == before + 5
    await scrubbing.walk()
    assert await scrubbing.end() == told

    for key, content in scrubbing.stored.items():
        await scrubbing.put_instead(key, content)
    await scrubbing.walk()
    assert await scrubbing.damaged() == {}
    assert await scrubbing.end() == told + 5
    report = await verify(scrubbing.url, scrubbing.log, scrubbing.blobs)
    assert report.differences == {}


async def test_damage_goes_with_the_file_and_stays_in_a_rebuild(scrubbing: Scrubbing) -> None:
    """Batch by batch in the tables, and folded again in one go; the rebuilt tables go on with the walk."""
    for key in scrubbing.stored:
        await scrubbing.put_instead(key, None)
    await scrubbing.walk()
    assert set(await scrubbing.damaged()) == set(scrubbing.stored)
    second, third, attached = list(scrubbing.stored)[2:]
    other = instance_received(instance="1.1.0", content="other", overwrite="always")
    await scrubbing.blobs.put(other.blob_key, b"other")
    await scrubbing.tell(other)
    assert set(await scrubbing.damaged()) == {second, third, attached}
    await scrubbing.walk(0.9)
    before = await rows(scrubbing.url, "SELECT * FROM scrub")
    assert before[0]["resource_id"]
    comparison = await rebuild(scrubbing.url, scrubbing.log, swap=True)
    assert comparison.differences == {}
    assert (comparison.swapped, comparison.rows["damaged_blobs"]) == (True, 3)
    assert await rows(scrubbing.url, "SELECT * FROM scrub") == before
    # Nothing in this batch names the attachment.
    ids = instance_received().resource_ids()
    await scrubbing.tell(ResourceDeletionRequested(resource_id=ids.patient))
    assert await scrubbing.damaged() == {}
    assert (await rebuild(scrubbing.url, scrubbing.log, swap=False)).differences == {}
    # `axial verify` would find damage that is of no blob in use.
    await rows(
        scrubbing.url, "INSERT INTO damaged_blobs VALUES ('left', 4, 'nobody', 1, 'missing', 1)"
    )
    report = await verify(scrubbing.url, scrubbing.log, scrubbing.blobs)
    assert report.differences == {"damaged_blobs": 1}


class Failing:
    """A blob store that cannot give some blobs, or that is away."""

    def __init__(self, store: BlobStore) -> None:
        self.store = store
        self.unreadable: set[str] = set()
        self.is_away = False
        self.on_open: Callable[[], Awaitable[None]] | None = None

    def __getattr__(self, name: str) -> object:
        if self.is_away:
            raise StorageUnavailable("away")
        return getattr(self.store, name)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> BlobReader:
        """Open a blob, if it is to be had."""
        if self.is_away or key in self.unreadable:
            raise StorageUnavailable("input/output error")
        if self.on_open is not None:
            on_open, self.on_open = self.on_open, None
            await on_open()
        return await self.store.open(key, start, end)


@pytest.fixture
async def failing(
    index_url: str, log: EventLog, nats: Client, blobs: BlobStore
) -> AsyncIterator[tuple[Scrubbing, Failing]]:
    """Give a filled archive whose store fails at will."""
    store = Failing(blobs)
    async with scrubbed_by(index_url, log, nats, store) as scrubbing:  # type: ignore[arg-type] # delegates
        yield scrubbing, store


async def test_what_is_replaced_while_it_is_looked_at_is_no_damage(
    failing: tuple[Scrubbing, Failing],
) -> None:
    """The row was read, then its blob went: it is looked again who is kept in what."""
    scrubbing, store = failing
    before = await scrubbing.end()

    async def replace_all() -> None:
        for number in range(3):
            content = f"new content {number}"
            event = instance_received(instance=f"1.1.{number}", content=content, overwrite="always")
            await store.store.put(event.blob_key, content.encode())
            await scrubbing.tell(event)
        for key in scrubbing.stored.keys() - {"attached"}:
            await store.store.delete(key)

    store.on_open = replace_all
    await scrubbing.walk()
    assert await scrubbing.damaged() == {}
    assert await scrubbing.end() == before + 3


async def test_a_store_that_is_away_is_waited_for(failing: tuple[Scrubbing, Failing]) -> None:
    """Nothing is told, and nothing is passed over; what alone cannot be read is damage."""
    scrubbing, store = failing
    before = await scrubbing.end()
    store.is_away = True
    with pytest.raises(StorageUnavailable):
        await scrubbing.walk()
    assert await scrubbing.end() == before
    store.is_away = False
    third = list(scrubbing.stored)[3]
    store.unreadable = {third}
    await scrubbing.walk()
    assert await scrubbing.damaged() == {third: "unreadable"}
    store.unreadable = set()
    await scrubbing.walk()
    assert await scrubbing.damaged() == {}


async def test_whose_turn_it_is_survives_restarts(scrubbing: Scrubbing) -> None:
    """Each file once a walk, at its time, whoever walks; a late walk does not wait, and the next begins anew."""
    time = scrubbing.time
    looked: list[tuple[str, float]] = []

    async def look(
        _connection: Connection, row: asyncpg.Record, *, is_suspect: bool = False
    ) -> None:
        assert not is_suspect
        looked.append((row["resource_id"], time.now))

    async def restarted() -> Walk:
        walk = Walk(scrubbing.connection, look, PERIOD_SECONDS, time.clock)
        await walk.open()
        return walk

    began_at = time.now
    ids = [instance_received(instance=f"1.1.{number}").resource_ids() for number in range(3)]
    resources: list[ResourceId] = sorted({*(each.instance for each in ids), ids[0].study})
    while time.now < began_at + PERIOD_SECONDS:
        left = await (await restarted()).step()
        time.now += left
    assert [resource for resource, _ in looked] == resources
    for resource, moment in looked:
        share = int(resource[:8], 16) / 2**32
        assert moment - began_at == pytest.approx(PERIOD_SECONDS * share, abs=0.01)
    looked.clear()
    await (await restarted()).step()
    began_at = time.now
    # Away for longer than a walk takes.
    time.now += 5 * PERIOD_SECONDS
    walk = await restarted()
    while len(looked) < 4:
        assert await walk.step() == 0.0
    assert [resource for resource, _ in looked] == resources


async def test_another_goes_on_when_the_leader_goes(scrubbing: Scrubbing) -> None:
    """Of two replicas one scrubs, and the other takes over; with a period of 0 nobody does."""
    first, _, second, *_ = scrubbing.stored
    await Scrubber(scrubbing.url, scrubbing.examiner, 0).run()
    replicas = [
        asyncio.create_task(Scrubber(scrubbing.url, scrubbing.examiner, 0.01).run())
        for _ in range(2)
    ]
    for key, replica in ((first, replicas[0]), (second, replicas[1])):
        await scrubbing.put_instead(key, None)
        await eventually(partial(_is_damaged, scrubbing, key))
        replica.cancel()
        with suppress(asyncio.CancelledError):
            await replica


async def _is_damaged(scrubbing: Scrubbing, key: str) -> bool:
    return key in await scrubbing.damaged()


async def test_figures_are_those_of_the_tables(scrubbing: Scrubbing) -> None:
    """Any replica shows them: how many are damaged in which way, how old the walk is, how far it has come."""
    registry = CollectorRegistry()
    now = 0.0
    async with open_pool(scrubbing.url, SEARCH_PATH, read_only=True) as pool:
        figures = Figures(pool, ScrubMetrics(registry), PERIOD_SECONDS, lambda: now)
        await figures.measure()
        assert registry.get_sample_value("axial_index_scrub_pass_age_seconds") == 0.0
        first, _, second, third, _ = scrubbing.stored
        for key, content in ((first, None), (second, None), (third, b"?")):
            await scrubbing.put_instead(key, content)
        await scrubbing.walk()
        await scrubbing.walk(0.9)
        now = scrubbing.time.now
        await figures.measure()
    samples = {
        damage: registry.get_sample_value("axial_index_damaged_blobs", {"damage": damage})
        for damage in ("missing", "corrupted", "unreadable")
    }
    assert samples == {"missing": 2, "corrupted": 1, "unreadable": 0}
    age = registry.get_sample_value("axial_index_scrub_pass_age_seconds")
    assert age == pytest.approx(0.9 * PERIOD_SECONDS, abs=0.1)
    (place,) = await rows(scrubbing.url, "SELECT resource_id FROM scrub")
    position = registry.get_sample_value("axial_index_scrub_position_ratio")
    assert position == int(place["resource_id"][:8], 16) / 2**32 > 0
    assert registry.get_sample_value("axial_index_scrub_period_seconds") == PERIOD_SECONDS
