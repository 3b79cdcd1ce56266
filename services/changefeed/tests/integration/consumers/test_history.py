"""Each consumer gets exactly the history: many at their own pace, many readers of one, through crashes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from axial.changefeed.app import build
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer, numbers
from axial.changefeed.testing.serving import serving
from axial.cli.engines import postgres as postgres_engine
from axial.cli.foreground import running
from axial.cli.ports import free_ports
from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.migrate import migrate
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

_CONSUMERS = 20
# How many of what is read is never acknowledged.
_CRASHES = 0.2


async def write(writer: FeedWriter, instances: int) -> None:
    """Store instances of two modalities, and delete every fifth again."""
    for number in range(instances):
        modality, series = ("MR", "3.1") if number % 3 else ("CT", "3.2")
        instance = Instance(
            f"{series}.{writer.instance_sequence}", series=series, modality=modality
        )
        await writer.store(instance)
        if number % 5 == 0:
            await writer.delete(instance)


async def follow(consumer: NamedConsumer, over: asyncio.Event, seed: int) -> list[int]:
    """Read and acknowledge in pieces of any size until all is over; forget some, as in a crash."""
    chance = random.Random(seed)  # noqa: S311 - it decides when to crash
    taken: list[int] = []
    while True:
        last = over.is_set()
        page = await consumer.entries(f"?limit={chance.randint(1, 9)}&wait={chance.randint(0, 1)}")
        if chance.random() < _CRASHES:
            continue
        assert (await consumer.ack(page)).status_code == 200
        taken += numbers(page)
        if last and page["Done"]:
            return taken


async def test_each_at_its_own_pace(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Twenty consumers, while the feed is written: each gets what it wants, all of it, in order."""
    consumers = [NamedConsumer(client, f"c{number}") for number in range(_CONSUMERS)]
    filters = [{}, {"Modalities": ["MR"]}, {"Levels": ["Instance"]}, {"ChangeTypes": ["Deleted"]}]
    for number, consumer in enumerate(consumers):
        await consumer.put(Filter=filters[number % 4])
    over = asyncio.Event()
    tasks = [asyncio.create_task(follow(c, over, n)) for n, c in enumerate(consumers)]
    await write(writer, 60)
    over.set()
    taken = await asyncio.gather(*tasks)
    page = (await client.get("/feed/entries?limit=1000")).json()["Entries"]
    expected = [
        [e["Seq"] for e in page],
        [e["Seq"] for e in page if "MR" in e["Modalities"]],
        [e["Seq"] for e in page if e["ResourceType"] == "Instance"],
        [e["Seq"] for e in page if e["ChangeType"] == "Deleted"],
    ]
    assert all(len(history) > 10 for history in expected)
    for number, found in enumerate(taken):
        assert found == expected[number % 4]


async def test_several_readers_of_one_consumer(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """Readers that race get entries more than once, never past one that nobody has taken."""
    await pacs.put()
    await write(writer, 20)
    end = writer.change_sequence
    taken: set[int] = set()

    async def read(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - it decides how much to read
        while True:
            page = await pacs.entries(f"?limit={chance.randint(1, 5)}")
            if not page["Entries"]:
                return
            # Whatever is handed out continues what was taken by anybody.
            assert set(range(1, page["Entries"][0]["Seq"])) <= taken
            taken.update(numbers(page))
            assert (await pacs.ack(page)).status_code == 200

    async with asyncio.TaskGroup() as group:
        for seed in range(5):
            group.create_task(read(seed))
    assert taken == set(range(1, end + 1))


async def test_a_rewind_among_readers(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """However it falls between reads and acknowledgements, all is delivered again from there."""
    await write(writer, 10)
    end = writer.change_sequence
    await pacs.put(Start="earliest")
    for seed in range(20):
        chance = random.Random(seed)  # noqa: S311 - it decides when to rewind
        rewound = asyncio.Event()
        after: list[int] = []

        async def read(generation: int, after: list[int], rewound: asyncio.Event) -> None:
            while not (rewound.is_set() and after and after[-1] == end):
                page = await pacs.entries("?limit=4")
                answer = await pacs.ack(page)
                if answer.status_code == 200 and page["Generation"] > generation:
                    after += numbers(page)

        generation = (await pacs.show())["Generation"]
        reading = asyncio.create_task(read(generation, after, rewound))
        for _ in range(chance.randint(0, 6)):
            await asyncio.sleep(0)  # gives the reader its turns, so that the rewind falls anywhere
        await pacs.post("rewind", Seq=0)
        rewound.set()
        await reading
        assert after == list(range(1, end + 1))


async def test_crashes_between_reading_and_acknowledging(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: BlobStore
) -> None:
    """The service ends at any moment: what was acknowledged stays so, what was not comes again."""
    done = 0
    for life in range(6):
        async with serving(settings, Configuration(), blobs) as client:
            pacs = NamedConsumer(client)
            assert (await pacs.put(Start="earliest")).status_code == (200 if life else 201)
            await write(writer, 3)
            page = await pacs.entries("?limit=5")
            assert numbers(page) == list(range(done + 1, done + 6))
            if life % 2:
                assert (await pacs.ack(page)).status_code == 200
                done = page["Last"]
    assert done == 15


async def test_two_replicas(
    client: httpx2.AsyncClient,
    writer: FeedWriter,
    settings: ChangefeedSettings,
    blobs: BlobStore,
) -> None:
    """What is read from one replica is acknowledged at another, and heard of at both."""
    async with serving(settings, Configuration(), blobs) as other_client:
        here, there = NamedConsumer(client), NamedConsumer(other_client)
        await here.put()
        waiting = asyncio.create_task(there.entries("?wait=60"))
        await writer.store(Instance("1.1"))
        page = await waiting
        assert numbers(page) == [1, 2, 3, 4]
        assert (await here.ack(page)).status_code == 200
        assert (await there.entries())["Last"] == 4
        waiting = asyncio.create_task(there.entries("?wait=60"))
        # Whether it waits by then or not: it gets what was rewound to.
        await here.post("rewind", Seq=2)
        async with asyncio.timeout(10):
            assert numbers(await waiting) == [3, 4]


async def _answers(ask: Callable[[], Awaitable[httpx2.Response]], status: int) -> bool:
    return (await ask()).status_code == status


async def test_the_database_goes_and_comes_back(
    tmp_path: Path, nats_url: str, log: EventLog, settings: ChangefeedSettings
) -> None:
    """While Postgres is away everything is 503; then it goes on where it was acknowledged."""
    (port,) = free_ports(1)
    server = postgres_engine.prepare(tmp_path / "postgres", port, durable=True)
    changed = {
        "database_url": postgres_engine.url(port),
        "blob_url": f"file://{tmp_path}/blobs",
        "projection_wait_seconds": 1.0,
    }
    settings = settings.model_copy(update=changed)
    async with (
        build(settings, Configuration()) as app,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client,
    ):
        pacs = NamedConsumer(client)
        with running([server], tmp_path / "logs"):
            connection = await connect(settings.database_url, "feed")
            await migrate(connection, "feed", "axial.index.migrations.feed")
            await FeedWriter(connection, log).store(Instance("1.1"), Instance("1.2"))
            await connection.close()
            await eventually(lambda: _answers(lambda: pacs.put(Start="earliest"), 201), within=30)
            page = await pacs.entries("?limit=2")
            await pacs.ack(page)
            page = await pacs.entries("?limit=2")
        for answer in (
            await pacs.put(),
            await pacs.ack(page),
            await pacs.post("rewind", Seq=0),
            await client.get(f"{pacs.path}/entries"),
            await client.get("/feed/consumers"),
        ):
            assert (answer.status_code, answer.json()["OrthancStatus"]) == (503, 36)
        with running([server], tmp_path / "logs"):
            await eventually(lambda: _answers(lambda: pacs.ack(page), 200), within=30)
            assert numbers(await pacs.entries()) == [5]
