"""The history as it happens, through the edge: event streams and long polls."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.feeds import last_change
from support.killing import kill_and_wait, until_it_serves
from support.readers.events import Event, events_of
from support.system import Axial, Wishes, running
from support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

# From the answer to a POST until its event is here. On an idle machine it is some milliseconds.
_AT_ONCE_SECONDS = 10.0


@asynccontextmanager
async def stream(
    client: httpx2.AsyncClient, position: str = "", query: str = ""
) -> AsyncIterator[AsyncIterator[Event]]:
    """Open an event stream."""
    headers = {"Last-Event-ID": position} if position else {}
    async with client.stream("GET", f"/feed/events{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events_of(answer.aiter_lines())


async def store(client: httpx2.AsyncClient, dicom: Dicom) -> None:
    """Store a file."""
    assert (await client.post("/instances", content=dicom.body)).json()["Status"] == "Success"


async def test_an_event_is_there_at_once(client: httpx2.AsyncClient) -> None:
    """Between the answer to the sender and the event at the listener there is no buffer that fills first."""
    maker = DicomMaker()
    async with stream(client, query="?level=Instance") as events:
        beginning = await anext(events)
        assert beginning.data == ""
        for serial in range(5):
            dicom = maker.make(serial)
            await store(client, dicom)
            async with asyncio.timeout(_AT_ONCE_SECONDS):
                event = await anext(events)
            entry = json.loads(event.data)
            assert (event.type, entry["ID"]) == ("NewInstance", dicom.id)
            assert event.id == str(entry["Seq"])
            assert entry["Instance"]["SOPInstanceUID"] == dicom.names.sop_instance_uid


async def test_a_long_poll_is_answered_at_once(client: httpx2.AsyncClient) -> None:
    """Each feed that waits behind its end answers as soon as a file is stored."""
    maker = DicomMaker()
    await store(client, maker.make(0))
    # Until it is still: something that was stored before may become stable at any time.
    while True:
        last = await last_change(client)
        latest = (await client.get("/v1/changefeed/latest?includeMetadata=false")).json()[
            "Sequence"
        ]
        polls = _polls(client, last, latest)
        done, _ = await asyncio.wait(polls, timeout=0.5)
        if not done:
            break
        for poll in polls:
            poll.cancel()
        await asyncio.wait(polls)
    await store(client, maker.make(1))
    stored = time.monotonic()
    answers = await asyncio.gather(*polls)
    assert [answer.status_code for answer in answers] == [200] * 4, [a.text for a in answers]
    changes, first, second, entries = answers
    assert time.monotonic() - stored < _AT_ONCE_SECONDS
    assert changes.json()["Changes"][0]["Seq"] == last + 1
    assert first.json() == second.json()
    assert [entry["Sequence"] for entry in first.json()] == [latest + 1]
    assert entries.json()["Entries"][0]["Instance"]["Sequence"] == latest + 1


def _polls(
    client: httpx2.AsyncClient, last: int, latest: int
) -> list[asyncio.Task[httpx2.Response]]:
    return [
        asyncio.create_task(client.get(path))
        for path in (
            f"/changes?since={last}&wait=30",
            f"/v1/changefeed?offset={latest}&includeMetadata=false&wait=30",
            f"/v2/changefeed?offset={latest}&includeMetadata=false&wait=30",
            f"/feed/entries?since={last}&wait=30",
        )
    ]


@pytest.fixture
def own_system(own_data: Path) -> Iterator[Axial]:
    """Run a system that has room for two listeners, and may be killed."""
    with running(own_data, Wishes(environment={"AXIAL_LIVE_MAXIMUM_STREAMS": "2"})) as system:
        yield system


@pytest.mark.long
async def test_a_stream_that_broke_off_is_resumed(own_system: Axial) -> None:
    """A killed service breaks the stream and puts nothing else into it; the next one goes on where it was."""
    first, second = (DicomMaker().make(serial) for serial in range(2))
    query = "?since=0&type=NewInstance"
    told: list[Event] = []
    async with own_system.async_client() as client:
        async with stream(client, query=query) as events:
            await store(client, first)
            told += [await anext(events), await anext(events)]
            killing = asyncio.create_task(kill_and_wait(own_system, ["changefeed"]))
            with pytest.raises(httpx2.RemoteProtocolError):
                await _rest(events)
        await killing
        await until_it_serves(client)
        await store(client, second)
        async with stream(client, told[-1].id, query) as events:
            told += [await anext(events), await anext(events)]
    entries = [json.loads(event.data) for event in told if event.data]
    assert [entry["ID"] for entry in entries] == [first.id, second.id]


async def test_open_streams_hold_up_no_end(own_system: Axial) -> None:
    """Whoever listens gives up a place by going away, and does not keep the archive from stopping."""
    async with own_system.async_client() as client:
        async with AsyncExitStack() as listeners:
            # Kept: a generator that nobody holds ends its stream.
            open_streams = [await listeners.enter_async_context(stream(client)) for _ in range(2)]
            for events in open_streams:
                await anext(events)
            refused = await asyncio.wait_for(client.get("/feed/events"), 10)
            assert (refused.status_code, refused.json()["OrthancStatus"]) == (503, 36)
        await until(partial(_has_room, client))
        async with stream(client) as events:
            await anext(events)
            started = time.monotonic()
            stopping = asyncio.create_task(asyncio.to_thread(own_system.stop))
            # To its end in due form: a stream that breaks off would raise.
            await _rest(events)
        assert await stopping == 0
        # Less than any of the graces that would be waited for otherwise.
        assert time.monotonic() - started < 9


async def _rest(events: AsyncIterator[Event]) -> None:
    async for event in events:
        assert not event.data


async def _has_room(client: httpx2.AsyncClient) -> bool:
    async with client.stream("GET", "/feed/events") as answer:
        return answer.status_code == 200
