"""Reads that are shared, and reads that must not be."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from axial.changefeed.metrics import ChangefeedMetrics
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.page_cache import Fetch, PageCache
from axial.changefeed.reading.pages import Page, Shown
from axial.changefeed.reading.stale_blocks import Feed, StaleBlocks
from axial.common.recorded import LogSequence
from axial.common.testing.eventually import eventually
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit

START = HighWater(LogSequence(10), 5, 3, Ticks(0), 0)


class Followed:
    """A projection that stands where it is told to."""

    def __init__(self) -> None:
        self.stale = StaleBlocks()
        self.move(START)

    def move(self, high_water: HighWater) -> None:
        """Stand somewhere else."""
        self.high_water = high_water
        self.stale.learn(high_water.log_sequence, [])

    async def caught_up(self) -> HighWater:
        """Tell where it stands."""
        return self.high_water

    async def read_at(self, high_water: HighWater, fetch: Fetch) -> Page:
        """Fetch: the position is always reached."""
        assert high_water.log_sequence <= self.high_water.log_sequence
        return await fetch()


class Database:
    """Gives pages of the moment at which they were asked for, when it is let."""

    def __init__(self, followed: Followed) -> None:
        self._followed = followed
        self.reads = 0
        self.gate = asyncio.Semaphore(0)
        self.grows = False

    async def fetch(self) -> Page:
        """Read a page that shows one row."""
        self.reads += 1
        high_water = self._followed.high_water
        await self.gate.acquire()
        body = str(high_water.log_sequence).encode()
        return Page(body, 1, high_water, grows=self.grows, shown=Shown(Feed.CHANGES, 1, 1))


@pytest.fixture
def followed() -> Followed:
    """Give a projection."""
    return Followed()


@pytest.fixture
def database(followed: Followed) -> Database:
    """Give a database."""
    return Database(followed)


@pytest.fixture
def pages(followed: Followed) -> PageCache:
    """Give a cache."""
    return PageCache(followed, ChangefeedMetrics(CollectorRegistry()), 10_000)


async def test_a_read_under_way_is_shared_only_at_its_position(
    pages: PageCache, followed: Followed, database: Database
) -> None:
    """Who asks after a commit does not get the page of before it."""
    early = [asyncio.create_task(pages.read("q", database.fetch)) for _ in range(5)]
    await eventually(lambda: database.reads == 1)
    followed.move(replace(START, log_sequence=LogSequence(11)))
    late = asyncio.create_task(pages.read("q", database.fetch))
    await eventually(lambda: database.reads == 2)
    database.gate.release()
    database.gate.release()
    assert {(await asking).page.body for asking in early} == {b"10"}
    assert (await late).page.body == b"11"


async def test_one_who_gives_up_disturbs_nobody(pages: PageCache, database: Database) -> None:
    """Cancelling an asker leaves the read to the others."""
    leaving = asyncio.create_task(pages.read("q", database.fetch))
    staying = asyncio.create_task(pages.read("q", database.fetch))
    await eventually(lambda: database.reads == 1)
    leaving.cancel()
    database.gate.release()
    assert (await staying).page.body == b"10"


async def test_what_is_read_while_all_is_in_doubt_is_not_kept(
    pages: PageCache, followed: Followed, database: Database
) -> None:
    """A page may be of the database before; the next asker reads again."""
    asking = asyncio.create_task(pages.read("q", database.fetch))
    await eventually(lambda: database.reads == 1)
    followed.stale.forget()
    followed.move(START)
    database.gate.release()
    database.gate.release()
    await asking
    await pages.read("q", database.fetch)
    assert database.reads == 2


async def test_nothing_is_believed_before_the_marks_are_known(
    pages: PageCache, followed: Followed, database: Database
) -> None:
    """With a position whose marks are not known, a page is read again."""
    database.gate.release()
    await pages.read("q", database.fetch)
    followed.high_water = replace(START, log_sequence=LogSequence(11))
    database.gate.release()
    await pages.read("q", database.fetch)
    assert database.reads == 2


async def test_a_page_that_was_ahead_keeps_its_own_position(
    pages: PageCache, followed: Followed, database: Database
) -> None:
    """A snapshot may be newer than what was seen: the watermark is never older than the page."""
    database.gate.release()
    followed.move(replace(START, log_sequence=LogSequence(11)))
    await pages.read("q", database.fetch)
    followed.high_water = START
    answer = await pages.read("q", database.fetch)
    assert (database.reads, answer.high_water.log_sequence) == (1, 11)
    followed.move(replace(START, log_sequence=LogSequence(12)))
    assert (await pages.read("q", database.fetch)).high_water.log_sequence == 12


async def test_a_failed_read_fails_for_its_askers_only(
    pages: PageCache, database: Database
) -> None:
    """The next asker reads again."""

    async def fail() -> Page:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await pages.read("q", fail)
    database.gate.release()
    assert (await pages.read("q", database.fetch)).page.rows == 1
