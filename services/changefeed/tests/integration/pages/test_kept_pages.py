"""A page from memory is the page that a fresh read would give, whatever has happened since."""

import asyncio
from random import Random

import httpx2
import pytest

from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.postgres import Connection
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.eventually import eventually

from .conftest import Services
from .reading import FIRST_CHANGE, FIRST_ENTRY, act, ask, questions

pytestmark = pytest.mark.integration

STEPS = 50


async def figure(client: httpx2.AsyncClient, name: str) -> float:
    """Read one of the service's figures."""
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def begin(writer: FeedWriter) -> None:
    """Let the rows begin where two blocks meet."""
    writer.change_sequence, writer.instance_sequence = FIRST_CHANGE, FIRST_ENTRY


@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3))]
)
async def test_every_answer_is_that_of_a_fresh_read(
    services: Services, writer: FeedWriter, seed: int
) -> None:
    """After each random act, two services with pages in memory answer as one without, to the byte."""
    random = Random(seed)  # noqa: S311 - the same history every time
    begin(writer)
    paths = questions(random, 40)
    for _ in range(STEPS):
        await act(writer, random)
        for path in random.sample(paths, 12):
            fresh = await ask(services.forgetful, path)
            assert fresh.status in (200, 204)
            for client in services.keeping:
                assert (path, await ask(client, path)) == (path, fresh)
                # Nothing has happened between: now it comes from memory.
                assert (path, await ask(client, path)) == (path, fresh)
    for client in services.keeping:
        hits = await figure(client, "axial_changefeed_page_cache_hits_total")
        assert hits > STEPS * 12 * 0.8
    assert await figure(services.forgetful, "axial_changefeed_page_cache_hits_total") == 0


async def test_readers_beside_a_writer_agree(services: Services, writer: FeedWriter) -> None:
    """While rows are written, answers under one watermark are the same, from memory or not."""
    random = Random(7)  # noqa: S311 - the same history every time
    begin(writer)
    paths = questions(random, 10)

    async def write() -> None:
        for _ in range(250):
            # Clearing moves no watermark: the same one would stand over two views.
            await act(writer, random, clearing=False)

    seen: dict[tuple[str, str], bytes] = {}

    async def read(client: httpx2.AsyncClient) -> None:
        while not writing.done():
            for path in paths:
                answer = await ask(client, path)
                assert answer.status in (200, 204)
                known = seen.setdefault((path, answer.watermark), answer.body)
                assert (path, answer.body) == (path, known)

    writing = asyncio.create_task(write())
    await asyncio.gather(*map(read, [*services.keeping, services.forgetful]))
    await writing
    assert len(seen) > len(paths)


async def test_closed_pages_outlive_what_happens_elsewhere(
    services: Services, writer: FeedWriter
) -> None:
    """New rows leave full pages in memory; a deletion takes those away that show the block."""
    client = services.keeping[0]
    begin(writer)
    await writer.store(*(Instance(f"1.{n}") for n in range(60)))
    early, late = FIRST_CHANGE, FIRST_CHANGE + 40
    paths = [f"/changes?since={early}&limit=10", f"/changes?since={late}&limit=10"]
    for path in paths:
        await ask(client, path)
    await writer.store(Instance("2.1"))
    misses = await figure(client, "axial_changefeed_page_cache_misses_total")
    for path in paths:
        await ask(client, path)
    assert await figure(client, "axial_changefeed_page_cache_misses_total") == misses
    await writer.delete(Instance("1.50"))  # its row is in the second block
    for path in paths:
        await ask(client, path)
    assert await figure(client, "axial_changefeed_page_cache_misses_total") == misses + 1


async def test_who_wakes_together_reads_once(services: Services, writer: FeedWriter) -> None:
    """Many who wait for the same page at the end of the feed cost one read."""
    client = services.keeping[0]
    await writer.store(Instance("1.1"))
    await ask(client, "/changes")
    await writer.append()
    misses = await figure(client, "axial_changefeed_page_cache_misses_total")
    waiting = [asyncio.create_task(ask(client, "/changes?since=2")) for _ in range(30)]
    await asyncio.wait(waiting, timeout=0.1)
    await writer.catch_up()
    assert len(set(await asyncio.gather(*waiting))) == 1
    assert await figure(client, "axial_changefeed_page_cache_misses_total") <= misses + 2


async def test_a_restored_database_takes_all_pages_away(
    services: Services, writer: FeedWriter, connection: Connection
) -> None:
    """When the position has gone back, other rows with the same numbers are shown."""
    client = services.keeping[0]
    await writer.store(*(Instance(f"1.{n}") for n in range(8)))
    paths = ["/changes?limit=5", "/v1/changefeed?limit=3", "/v2/changefeed?limit=3"]
    before = [await ask(client, path) for path in paths]
    await connection.execute("SET session_replication_role = replica")  # as pg_restore does
    await connection.execute(
        "TRUNCATE feed.changes, feed.instance_changes, feed.visible_changes, feed.datasets,"
        " feed.stale_blocks"
    )
    await connection.execute("SET session_replication_role = origin")
    writer.change_sequence = writer.instance_sequence = 0
    writer.present.clear()
    writer.ticks = FIRST_TICKS
    newest, writer.log_sequence = writer.log_sequence, 1
    await writer.catch_up()
    writer.log_sequence = newest

    async def is_refused() -> bool:
        return (await ask(client, paths[0])).status == 503

    await eventually(is_refused, within=30)
    await writer.store(*(Instance(f"2.{n}") for n in range(8)))
    after = [await ask(client, path) for path in paths]
    assert after == [await ask(services.forgetful, path) for path in paths]
    for old, new in zip(before, after, strict=True):
        assert new.status == 200
        assert old.body != new.body


async def test_a_new_connection_begins_anew(
    services: Services, writer: FeedWriter, connection: Connection
) -> None:
    """After Postgres was away, nothing that was kept before is trusted: it may be another database."""
    client = services.keeping[0]
    await writer.store(Instance("1.1"))
    await ask(client, "/changes?limit=2")
    misses = await figure(client, "axial_changefeed_page_cache_misses_total")

    async def is_read_again() -> bool:
        await ask(client, "/changes?limit=2")
        return await figure(client, "axial_changefeed_page_cache_misses_total") > misses

    assert not await is_read_again()
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await eventually(is_read_again, within=30)


async def test_memory_is_bounded(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """However many pages are asked for, no more is held than is allowed."""
    await writer.store(*(Instance(f"1.{n}") for n in range(50)))
    small = settings.model_copy(update={"page_cache_bytes": 20_000})
    async with serving(small, Configuration(), blobs) as client:
        for since in range(45):
            page = await ask(client, f"/changes?since={since}&limit=5")
            assert f'"First" : {since + 1},'.encode() in page.body
        held = await figure(client, "axial_changefeed_page_cache_size_bytes")
    assert 10_000 < held <= 20_000
