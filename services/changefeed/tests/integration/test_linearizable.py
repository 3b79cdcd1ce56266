"""A read includes every event that was acknowledged before it came, or is refused."""

import asyncio
import functools

import httpx2
import pytest
from nats.aio.client import Client

from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.settings import ChangefeedSettings
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.postgres import Connection
from axial.common.testing.blobs import MemoryBlobStore
from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.integration

PATHS = ("/changes", "/v1/changefeed", "/v2/changefeed", "/v1/changefeed/latest")


async def test_a_read_waits_for_the_projection(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """With an event not yet projected, reads wait; the commit wakes them all together."""
    await writer.store(Instance("1.1"))
    await client.get("/changes")
    await writer.append()
    reads = [asyncio.create_task(client.get(path)) for path in PATHS]
    done, _ = await asyncio.wait(reads, timeout=0.3)
    assert not done
    await writer.catch_up()
    answers = await asyncio.wait_for(asyncio.gather(*reads), 2)
    assert [answer.status_code for answer in answers] == [200] * 4


async def test_not_in_time_is_unavailable(
    writer: FeedWriter, settings: ChangefeedSettings, blobs: MemoryBlobStore
) -> None:
    """A projection that stays behind makes every read 503, each in its own dialect."""
    await writer.store(Instance("1.1"))
    await writer.append()
    impatient = settings.model_copy(update={"projection_wait_seconds": 0.3})
    async with serving(impatient, Configuration(), blobs) as client:
        orthanc = await client.get("/changes")
        assert (orthanc.status_code, orthanc.json()["OrthancStatus"]) == (503, 36)
        azure = await client.get("/v2/changefeed")
        assert azure.status_code == 503
        assert azure.text == "The projection has not caught up with the event log yet."
        assert azure.headers["content-type"] == "text/plain; charset=utf-8"
        await writer.catch_up()
        assert (await client.get("/changes")).status_code == 200
        metrics = (await client.get("/metrics")).text
        assert "axial_changefeed_not_caught_up_total 2.0" in metrics


async def test_read_your_writes(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """What has been stored before the read is in it, every time, without a pause between."""
    for n in range(1, 60):
        await writer.store(Instance(f"1.{n}"))
        latest = await client.get("/v2/changefeed/latest?includeMetadata=false")
        assert latest.json()["Sequence"] == n
        page = (await client.get(f"/v1/changefeed?offset={n - 1}&includeMetadata=false")).json()
        assert [entry["Sequence"] for entry in page] == [n]
        assert (await client.get("/changes?last")).json()["Last"] == writer.change_sequence


async def test_lost_listener_is_replaced(
    client: httpx2.AsyncClient, writer: FeedWriter, connection: Connection
) -> None:
    """When Postgres cuts every connection of the service, reads go on to be right."""
    await writer.store(Instance("1.1"))
    await client.get("/changes")
    for n in (2, 3, 4):
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await writer.store(Instance(f"1.{n}"))

        await eventually(functools.partial(newest_is, client, n), within=30)


async def newest_is(client: httpx2.AsyncClient, expected: int) -> bool:
    """Read the newest entry: the right one, or a refusal, but never an older one."""
    answer = await client.get("/v1/changefeed/latest")
    assert answer.status_code in (200, 503)
    if answer.status_code == 200 and answer.json()["Sequence"] != expected:
        pytest.fail("an acknowledged event was missing")
    return answer.status_code == 200


async def test_commit_without_a_notification_is_noticed(
    client: httpx2.AsyncClient, writer: FeedWriter, connection: Connection
) -> None:
    """The poll makes up for a notification that never came."""
    await client.get("/changes")
    sequence = await writer.append()
    read = asyncio.create_task(client.get("/changes"))
    await connection.execute("UPDATE feed.position SET log_sequence = $1", sequence)
    assert (await asyncio.wait_for(read, 4)).status_code == 200


async def test_a_database_that_went_back_is_not_believed(
    writer: FeedWriter,
    settings: ChangefeedSettings,
    blobs: MemoryBlobStore,
    connection: Connection,
) -> None:
    """After a restored backup, an answer that would miss an acknowledged event is refused."""
    await writer.store(Instance("1.1"), Instance("1.2"))
    impatient = settings.model_copy(update={"projection_wait_seconds": 0.5})
    async with serving(impatient, Configuration(), blobs) as client:
        assert (await client.get("/changes")).status_code == 200
        # No notification: what the service has seen is now ahead of what the database holds.
        await connection.execute("UPDATE feed.position SET log_sequence = log_sequence - 1")
        # A page that was not asked for before; then the one that was, no longer believed either.
        assert (await client.get("/changes?limit=9")).status_code == 503
        assert (await client.get("/changes")).status_code == 503
        await writer.catch_up()
        assert (await client.get("/changes")).status_code == 200


async def test_missing_log_is_unavailable(
    client: httpx2.AsyncClient, writer: FeedWriter, nats: Client, stream: str
) -> None:
    """Without a log to ask, no read is answered."""
    await writer.store(Instance("1.1"))
    assert (await client.get("/changes")).status_code == 200
    await nats.jetstream().delete_stream(stream)
    assert [(await client.get(path)).status_code for path in PATHS] == [503] * 4
    await writer.log.ensure()  # so that the fixture finds what it removes


async def test_concurrent_reads_share_the_question(
    client: httpx2.AsyncClient, writer: FeedWriter, nats: Client, stream: str
) -> None:
    """Fifty reads at once ask the log about a handful of times, not fifty."""
    await writer.store(Instance("1.1"))
    await client.get("/changes")
    asked = []

    async def on_question(_message: object) -> None:
        asked.append(1)

    await nats.subscribe(f"$JS.API.STREAM.INFO.{stream}", cb=on_question)
    await nats.flush()
    answers = await asyncio.gather(*(client.get("/changes") for _ in range(50)))
    await nats.flush()
    assert {answer.status_code for answer in answers} == {200}
    assert 1 <= len(asked) <= 10


def test_watermarks_name_sequence_and_time() -> None:
    """Both headers have the form `<sequence>;<time>`."""
    high_water = HighWater(9, 7, 3, 16_837_344_001_234_567, 0)  # type: ignore[arg-type]
    assert high_water.of_changes() == "7;2023-05-10T16:00:00.1234567Z"
    assert high_water.of_instances() == "3;2023-05-10T16:00:00.1234567Z"
