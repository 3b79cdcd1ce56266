"""What a consumer's reader gets: in order, what it wants, again until it is acknowledged."""

import asyncio

import httpx2
import pytest

from axial.changefeed.app import build_feeds
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.named_consumer import NamedConsumer, numbers
from axial.common.blobs import BlobStore
from axial.common.configuration import Configuration
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration


def waiting(metrics: str) -> float:
    """Read how many requests wait, from the text of the metrics."""
    (line,) = [
        line for line in metrics.splitlines() if line.startswith("axial_changefeed_waiting_")
    ]
    return float(line.split()[-1])


async def somebody_waits(client: httpx2.AsyncClient) -> bool:
    """Tell whether a long poll is under way."""
    return waiting((await client.get("/metrics")).text) > 0


async def test_the_same_until_acknowledged(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """Reading moves nothing; acknowledging does, and again is as good as once."""
    await pacs.put()
    await writer.store(Instance("1.1"), Instance("1.2"))
    first = await pacs.entries("?limit=2")
    assert (numbers(first), first["Last"], first["Done"]) == ([1, 2], 2, False)
    assert first["Entries"][0]["Instance"]["Action"] == "create"
    assert await pacs.entries("?limit=2") == first
    assert (await pacs.ack(first)).json() == {}
    assert (await pacs.ack(first)).status_code == 200
    rest = await pacs.entries()
    assert (numbers(rest), rest["Last"], rest["Done"]) == ([3, 4, 5], 5, True)
    await pacs.ack(rest)
    assert (await pacs.ack(first)).status_code == 200
    end = await pacs.entries()
    assert (end["Entries"], end["Last"], end["Done"]) == ([], 5, True)


async def test_deleted_and_cleared_entries_are_delivered(
    pacs: NamedConsumer, writer: FeedWriter
) -> None:
    """A consumer gets the whole history, also what Orthanc's view hides."""
    await pacs.put()
    await writer.store(Instance("1.1"))
    await writer.delete(Instance("1.1"))
    await writer.clear()
    assert await pacs.drain(limit=3) == [*range(1, 9)]


async def test_only_what_is_wanted(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """`Last` lies behind what is not wanted, so that it is not looked at again."""
    await pacs.put(Filter={"Levels": ["Instance"], "Modalities": ["MR"]})
    await writer.store(
        Instance("1.1"), Instance("2.1", series="2.3", study="2", modality="MR"), Instance("1.2")
    )
    page = await pacs.entries()
    assert (numbers(page), page["Last"], page["Done"]) == ([5], 8, True)
    page = await pacs.entries("?limit=1")
    assert (numbers(page), page["Last"], page["Done"]) == ([5], 5, False)


async def test_a_position_moves_over_what_nobody_wants(
    pacs: NamedConsumer, writer: FeedWriter
) -> None:
    """A consumer that wants nothing of what happens is not behind, though it never reads."""
    await pacs.put(Filter={"Modalities": ["XA"]})
    await writer.store(Instance("1.1"))
    shown = await pacs.show()
    assert (shown["Acknowledged"], shown["Lag"], shown["Oldest"]) == (4, 0, None)


async def test_an_answer_includes_what_was_acknowledged(
    pacs: NamedConsumer, writer: FeedWriter
) -> None:
    """A read waits for the projection, as every read of the feeds does."""
    await pacs.put()
    await writer.append()
    reading = asyncio.create_task(pacs.entries())
    _, pending = await asyncio.wait({reading}, timeout=0.2)
    assert pending, "the log is ahead of the projection"
    await writer.store(Instance("1.1"))
    assert numbers(await reading) == [1, 2, 3, 4]


async def test_a_wait_ends_with_the_first_entry(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """A reader that waits is answered when something wanted happens, and not before."""
    await pacs.put(Filter={"Modalities": ["MR"]})
    reading = asyncio.create_task(pacs.entries("?wait=60"))
    await eventually(lambda: somebody_waits(pacs.client))
    await writer.store(Instance("1.1"))
    _, pending = await asyncio.wait({reading}, timeout=0.2)
    assert pending, "nothing of what happened is wanted"
    await writer.store(Instance("2.1", series="2.3", study="2", modality="MR"))
    async with asyncio.timeout(10):
        assert numbers(await reading) == [5, 6, 7]


async def test_a_wait_comes_to_its_end(pacs: NamedConsumer) -> None:
    """When the time is up, the answer is an empty page."""
    await pacs.put()
    async with asyncio.timeout(10):
        assert (await pacs.entries("?wait=1"))["Entries"] == []


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [("rewind", {"Seq": 0}, 200), ("pause", {}, 409), ("delete", {}, 404)],
)
async def test_a_wait_ends_when_something_is_decided(
    pacs: NamedConsumer, writer: FeedWriter, action: str, body: dict[str, int], status: int
) -> None:
    """A reader that waits hears at once of a rewind, a pause, and the end of its consumer."""
    await writer.store(Instance("1.1"))
    await pacs.put()
    reading = asyncio.create_task(pacs.client.get(f"{pacs.path}/entries?wait=60"))
    await eventually(lambda: somebody_waits(pacs.client))
    if action == "delete":
        await pacs.client.delete(pacs.path)
    else:
        await pacs.post(action, **body)
    async with asyncio.timeout(10):
        answer = await reading
    assert answer.status_code == status
    if status == 200:
        assert numbers(answer.json()) == [1, 2, 3, 4]


async def test_a_wait_ends_with_the_service(
    settings: ChangefeedSettings, blobs: BlobStore, writer: FeedWriter
) -> None:
    """A service that is asked to stop answers whoever waits, at once."""
    async with (
        build_feeds(settings, Configuration(), blobs) as app,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client,
    ):
        pacs = NamedConsumer(client)
        assert (await pacs.put()).status_code == 201
        reading = asyncio.create_task(pacs.entries("?wait=60"))
        await eventually(lambda: somebody_waits(client))
        app.state.stopping.set()
        async with asyncio.timeout(10):
            assert (await reading)["Entries"] == []


async def test_rewound(pacs: NamedConsumer, writer: FeedWriter) -> None:
    """Back and forth, by number and by time; what was read before cannot undo it."""
    await writer.store(Instance("1.1"), Instance("1.2"), Instance("1.3"))
    await pacs.put(Start="earliest")
    before = await pacs.entries()
    rewound = await pacs.post("rewind", Seq=2)
    assert rewound.json()["Generation"] > before["Generation"]
    assert (await pacs.ack(before)).status_code == 409
    assert numbers(await pacs.entries()) == [3, 4, 5, 6]
    await pacs.post("rewind", Time="2026-11-20T23:58:02Z")
    assert numbers(await pacs.entries()) == [6]
    await pacs.post("rewind", Seq=0)
    assert await pacs.drain() == [1, 2, 3, 4, 5, 6]
