"""Event streams: what they tell, from where, and when they end."""

import asyncio
import random
import signal
import time

import httpx2
import pytest

from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.postgres import Connection
from axial.common.testing.eventually import eventually

from .conftest import Service
from .event_source import EventSource

pytestmark = pytest.mark.integration


async def read_until(source: EventSource, events: int) -> None:
    """Read one connection until so many events were told in all."""
    async for told in source.connect():
        if told >= events:
            return


async def test_it_tells_what_has_happened_and_what_happens(
    service: Service, writer: FeedWriter
) -> None:
    """From `since` on, each entry is an event named by its change, numbered by its `Seq`, at once."""
    await writer.store(Instance("1.1"))
    await service.start()
    source = EventSource(f"{service.url}/feed/events?since=2")
    reading = asyncio.create_task(read_until(source, 3))
    await eventually(lambda: told(source, 2), within=30)
    committed = time.monotonic()
    await writer.store(Instance("1.2"))
    await asyncio.wait_for(reading, 30)
    # Before the next sign of life, with which it would come at the latest.
    assert time.monotonic() - committed < 10
    async with httpx2.AsyncClient() as client:
        entries = (await client.get(f"{service.url}/feed/entries?since=2")).json()["Entries"]
    assert [data for _, _, data in source.events] == entries
    assert [(kind, id_) for kind, id_, _ in source.events] == [
        ("NewStudy", "3"),
        ("NewPatient", "4"),
        ("NewInstance", "5"),
    ]
    assert source.retry == 2000


async def test_where_it_begins(service: Service, writer: FeedWriter) -> None:
    """`Last-Event-ID` goes before `since`, which it is newer than; without both it begins now."""
    await writer.store(Instance("1.1"), Instance("1.2"))
    await service.start()
    resumed = EventSource(f"{service.url}/feed/events?since=0", last_event_id="4")
    await read_until(resumed, 1)
    assert resumed.sequences == [5]
    fresh = EventSource(f"{service.url}/feed/events")
    reading = asyncio.create_task(read_until(fresh, 1))
    # The number to resume from is known before anything has happened.
    await eventually(lambda: stands_at(fresh, "5"), within=30)
    await writer.store(Instance("1.3"))
    await asyncio.wait_for(reading, 5)
    assert fresh.sequences == [6]


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [("?since=x", "", 400), ("", "x", 400), ("?type=x", "", 400), ("?level=x", "", 400)],
)
async def test_what_is_asked_wrongly(
    client: httpx2.AsyncClient, query: str, header: str, status: int
) -> None:
    """A stream that cannot be is refused before it begins."""
    headers = {"Last-Event-ID": header} if header else {}
    answer = await client.get(f"/feed/events{query}", headers=headers)
    assert (answer.status_code, answer.json()["HttpStatus"]) == (status, status)


async def test_heartbeats_move_the_position_of_a_filter(
    service: Service, writer: FeedWriter
) -> None:
    """A stream that passes everything over tells how far it got, and no event."""
    await service.start(AXIAL_LIVE_HEARTBEAT_SECONDS="0.1")
    source = EventSource(f"{service.url}/feed/events?since=0&modality=XA")
    reading = asyncio.create_task(read_until(source, 1))
    await writer.store(*(Instance(f"1.{n}") for n in range(5)))
    await eventually(lambda: stands_at(source, str(writer.change_sequence)), within=30)
    seen = source.heartbeats
    await eventually(lambda: told_more(source, seen), within=30)
    assert source.events == []
    await writer.store(Instance("2.1", modality="XA"))
    await asyncio.wait_for(reading, 5)
    assert source.sequences == [writer.change_sequence]


async def test_they_end_with_the_service(service: Service, writer: FeedWriter) -> None:
    """When the service is asked to stop, every stream ends in due form and every long poll is answered."""
    await writer.store(Instance("1.1"))
    # Whatever the service would have to wait for, it would wait for longer than `stop` does.
    await service.start(AXIAL_SHUTDOWN_SECONDS="300")
    sources = [EventSource(f"{service.url}/feed/events") for _ in range(20)]
    reading = [asyncio.create_task(read_until(source, 1)) for source in sources]
    for source in sources:
        await eventually(lambda source=source: stands_at(source, "4"), within=30)  # type: ignore[misc]
    async with httpx2.AsyncClient(timeout=20) as client:
        polls = [
            asyncio.create_task(client.get(f"{service.url}{path}"))
            for path in (
                "/feed/entries?since=4&wait=60",
                "/changes?since=4&wait=60",
                "/v1/changefeed?offset=1&wait=60",
                "/v2/changefeed?offset=1&wait=60",
            )
        ]
        await eventually(lambda: waiting(service, 4), within=30)
        assert await service.stop() == 0
        # A clean end: a broken one would raise.
        await asyncio.gather(*reading)
        assert [(await poll).status_code for poll in polls] == [200] * 4


async def test_no_more_than_allowed(service: Service, writer: FeedWriter) -> None:
    """One stream too many is refused, until another has ended."""
    await writer.store(Instance("1.1"))
    await service.start(AXIAL_LIVE_MAXIMUM_STREAMS="1")
    url = f"{service.url}/feed/events"
    async with httpx2.AsyncClient() as client:
        async with client.stream("GET", url) as first:
            assert first.status_code == 200
            refused = await client.get(url)
            assert (refused.status_code, refused.json()["OrthancStatus"]) == (503, 36)
        await eventually(lambda: streams(service, 0), within=30)
        async with client.stream("GET", url) as second:
            assert second.status_code == 200
    assert await service.metric("axial_changefeed_refused_streams_total") == 1


async def test_an_outage_of_the_database_is_sat_out(
    service: Service, writer: FeedWriter, connection: Connection
) -> None:
    """When Postgres cuts all connections, the stream stays open and misses nothing."""
    await writer.store(Instance("1.1"))
    await service.start(AXIAL_LIVE_HEARTBEAT_SECONDS="0.1")
    source = EventSource(f"{service.url}/feed/events?since=0")
    reading = asyncio.create_task(read_until(source, 14))
    for n in range(10):
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await writer.store(Instance(f"2.{n}"))
    await asyncio.wait_for(reading, 15)
    assert source.sequences == list(range(1, 15))


async def test_resumed_anywhere_it_tells_everything_once(
    service: Service, writer: FeedWriter
) -> None:
    """Cut off in the midst of a line, over and over, and killed once: nothing is missed, nothing told twice."""
    await service.start(AXIAL_LIVE_HEARTBEAT_SECONDS="0.05")
    everything = EventSource(f"{service.url}/feed/events?since=0")
    few = EventSource(f"{service.url}/feed/events?since=0&level=Instance&aet=B")
    writing = asyncio.create_task(store_many(writer))
    readers = [
        asyncio.create_task(broken_off(everything, 3000, writing, writer)),
        asyncio.create_task(broken_off(few, 500, writing, writer)),
    ]
    await eventually(lambda: told(everything, 50), within=30)
    await service.stop(signal.SIGKILL)
    await service.start()
    await asyncio.wait_for(asyncio.gather(*readers), 60)
    assert everything.sequences == list(range(1, writer.change_sequence + 1))
    whole = [data for _, _, data in everything.events]
    wanted = [e["Seq"] for e in whole if e["ResourceType"] == "Instance" and e["AETs"] == ["B"]]
    assert few.sequences == wanted
    assert len(wanted) > 20


async def store_many(writer: FeedWriter) -> None:
    """Store, while others read."""
    for n in range(100):
        await writer.store(Instance(f"{n}.1", study=f"{n % 9}", aet="AB"[n % 2]))


async def broken_off(
    source: EventSource, every: int, writing: asyncio.Task[None], writer: FeedWriter
) -> None:
    """Read a few bytes of each connection only, until the end of all was told of."""
    dice = random.Random(every)  # noqa: S311 - not for secrets

    def complete() -> bool:
        return writing.done() and source.last_event_id == str(writer.change_sequence)

    while not complete():
        # Every other time, right after the beginning.
        cut_at = source.received + dice.choice((1, every))
        try:
            async for _ in source.connect():
                if source.received >= cut_at or complete():
                    break
        except httpx2.TransportError:
            continue


async def told(source: EventSource, events: int) -> bool:
    """Tell whether so many events were told."""
    return len(source.events) >= events


async def told_more(source: EventSource, heartbeats: int) -> bool:
    """Tell whether there was another sign of life."""
    return source.heartbeats > heartbeats


async def stands_at(source: EventSource, position: str) -> bool:
    """Tell whether a reader would resume from there."""
    return source.last_event_id == position


async def waiting(service: Service, polls: int) -> bool:
    """Tell whether so many reads wait."""
    return await service.metric("axial_changefeed_waiting_polls") == polls


async def streams(service: Service, count: int) -> bool:
    """Tell whether so many streams are open."""
    return await service.metric("axial_changefeed_open_streams") == count
