"""However publishers, NATS and Postgres die: no gap, nothing twice, nothing out of order."""

import asyncio
import json
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from axial.changefeed.stream.publisher import Publisher
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.cli.engines import nats as nats_engine
from axial.cli.foreground import spawn, stop, wait_until_ready
from axial.cli.ports import free_ports
from axial.cli.program import Program
from axial.common.nats import open_nats
from axial.common.postgres import Connection, connect
from axial.common.service import background
from axial.common.testing.eventually import eventually

from .conftest import Feed

pytestmark = pytest.mark.integration

STORED = 400


async def write(writer: FeedWriter) -> None:
    """Store instances, and delete some of them again."""
    for number in range(STORED):
        await writer.store(Instance(f"1.{number}", series=f"1.{number % 7}"))
        if number % 5 == 0:
            await writer.delete(Instance(f"1.{number}", series=f"1.{number % 7}"))


async def expect_all(feed: Feed, writer: FeedWriter) -> None:
    """Check that message n is entry n, for all of the history."""
    await feed.reaches(writer.change_sequence)
    messages = await feed.messages()
    rows = await writer.connection.fetch(
        "SELECT sequence, resource_id FROM feed.changes ORDER BY sequence"
    )
    bodies = [json.loads(message.data) for message in messages]
    assert [message.metadata.sequence.stream for message in messages] == [row[0] for row in rows]
    assert [(body["Seq"], body["ID"]) for body in bodies] == [tuple(row) for row in rows]


async def killed_again_and_again(
    publisher: Publisher, chance: random.Random, over: asyncio.Event
) -> None:
    """Run a publisher and cancel it at any point, until it is over."""
    while not over.is_set():
        async with background(publisher.run()):
            await asyncio.wait(
                {asyncio.ensure_future(over.wait())}, timeout=chance.uniform(0, 0.15)
            )


@pytest.mark.parametrize(
    "seed", [2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2))]
)
async def test_publishers_that_believe_to_lead_and_are_killed(
    feed: Feed, writer: FeedWriter, postgres_url: str, seed: int
) -> None:
    """Three publish at the same time, as no lock would allow, each killed at random points."""
    chance, over = random.Random(seed), asyncio.Event()  # noqa: S311 - moments, not secrets
    # The lock is the database's: each with another database leads.
    urls = [postgres_url, postgres_url.rsplit("/", 1)[0] + "/postgres", feed.settings.database_url]
    async with asyncio.TaskGroup() as group:
        for url in urls:
            publisher = feed.publisher(database_url=url)
            group.create_task(killed_again_and_again(publisher, chance, over))
        await write(writer)
        over.set()
    async with background(feed.publisher().run()):
        await expect_all(feed, writer)


async def test_a_follower_takes_over(feed: Feed, writer: FeedWriter) -> None:
    """Of two replicas one publishes; when its connection to Postgres is cut, there is soon one again."""
    watching = await connect(feed.settings.database_url, "feed")
    async with background(feed.publisher().run(), feed.publisher().run()):
        writing = asyncio.create_task(write(writer))
        while not writing.done():
            pid = await eventually(lambda: leader(watching), within=30)
            await watching.execute("SELECT pg_terminate_backend($1)", pid)
        await writing
        await expect_all(feed, writer)
    await watching.close()


async def leader(connection: Connection) -> int:
    """Return the process of Postgres that holds the lock of this database's publishers; there must be one."""
    pid = await connection.fetchval(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    assert isinstance(pid, int), "nobody leads"
    return pid


class OwnNats:
    """A NATS of the test's own, that may be killed."""

    def __init__(self, folder: Path) -> None:
        port, monitoring = free_ports(2)
        self.url = nats_engine.url(port)
        self._program: Program = nats_engine.prepare(folder / "nats", port, monitoring)
        self._log = folder / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, as often as it was killed."""
        self._process = spawn(self._program, self._log)
        wait_until_ready(self._program, self._process, self._log)

    def kill(self) -> None:
        """Kill it without warning."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it."""
        assert self._process is not None
        stop(self._program, self._process)


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[OwnNats]:
    """Run a NATS for the stream alone; the log stays on the one all tests share."""
    server = OwnNats(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def own_feed(feed: Feed, own_nats: OwnNats) -> AsyncIterator[Feed]:
    """Publish to the test's own NATS."""
    settings = feed.settings.model_copy(update={"nats_url": own_nats.url})
    async with open_nats(own_nats.url, "test") as client:
        yield Feed(settings, feed.entries, client)


async def test_nats_is_killed(own_feed: Feed, own_nats: OwnNats, writer: FeedWriter) -> None:
    """Whatever NATS had in hand, it goes on where its stream ends."""
    async with background(own_feed.publisher().run()):
        await writer.store(Instance("0.1"))
        await own_feed.reaches(writer.change_sequence)
        writing = asyncio.create_task(write(writer))
        while not writing.done():
            await asyncio.to_thread(own_nats.kill)
            await asyncio.to_thread(own_nats.start)
            reached = own_feed.metric("published_total") or 0

            async def goes_on(reached: float = reached) -> bool:
                return writing.done() or (own_feed.metric("published_total") or 0) > reached

            await eventually(goes_on, within=30)
        await writing
        await expect_all(own_feed, writer)
