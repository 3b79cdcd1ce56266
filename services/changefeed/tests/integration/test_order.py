"""Readers of every kind meet each fact once, in order, while the writer goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from axial.changefeed.azure.windows import read_moment, round_trip
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.common.ticks import TICKS_PER_SECOND, Ticks

pytestmark = pytest.mark.integration

COUNT = 150


async def write(writer: FeedWriter) -> None:
    """Store, and now and then update, delete and store again: COUNT entries in all."""
    while writer.instance_sequence < COUNT:
        instance = Instance(
            f"1.{writer.instance_sequence}", series=f"1.{writer.instance_sequence % 7}"
        )
        await writer.store(instance)
        if writer.instance_sequence % 5 == 0:
            await writer.update(instance)
        if writer.instance_sequence % 4 == 0:
            await writer.delete(instance)


async def read_v1(client: httpx2.AsyncClient) -> AsyncIterator[int]:
    """Follow version 1 by its documented algorithm, ten at a time."""
    offset = 0
    while offset < COUNT:
        latest = await client.get("/v1/changefeed/latest?includeMetadata=false")
        page = (await client.get(f"/v1/changefeed?offset={offset}&includeMetadata=false")).json()
        for entry in page:
            yield entry["Sequence"]
        if page:
            offset = page[-1]["Sequence"]
        elif latest.status_code == 200 and latest.json()["Sequence"] > offset:
            offset += 10


async def read_v2(client: httpx2.AsyncClient) -> AsyncIterator[int]:
    """Follow version 2 by windows of one second, each as soon as the watermark closes it."""
    start = FIRST_TICKS
    highest = 0
    while highest < COUNT:
        end = Ticks(start + TICKS_PER_SECOND)
        window = f"startTime={quoted(start)}&endTime={quoted(end)}"
        newest = await client.get("/v2/changefeed/latest?includeMetadata=false")
        known, closed = newest.headers["X-Changefeed-Watermark"].split(";")
        if read_moment(closed) < end and int(known) < COUNT:
            continue
        skip = 0
        while page := (
            await client.get(f"/v2/changefeed?{window}&offset={skip}&limit=3&includeMetadata=false")
        ).json():
            for entry in page:
                highest = entry["Sequence"]
                yield highest
            skip += len(page)
        start = end


async def read_changes(
    client: httpx2.AsyncClient, writer: FeedWriter, is_over: Callable[[], bool]
) -> AsyncIterator[int]:
    """Follow Orthanc's whole history by `since` and `Last`, until nothing more comes."""
    since = 0
    while True:
        over = is_over()
        page = (await client.get(f"/changes?since={since}&limit=7&include-deleted=true")).json()
        for change in page["Changes"]:
            yield change["Seq"]
        since = page["Last"]
        if page["Done"] and over and since == writer.change_sequence:
            return


def quoted(ticks: Ticks) -> str:
    """Write a moment for a query."""
    return round_trip(ticks).replace("+", "%2B")


async def test_nothing_missed_nothing_twice(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """Version 1, version 2 by closed windows and `/changes` each end with 1..n, in order."""
    writer.step = TICKS_PER_SECOND // 10  # some ten entries a window

    async def collect(reader: AsyncIterator[int]) -> list[int]:
        return [sequence async for sequence in reader]

    writing = asyncio.create_task(write(writer))
    _, *histories = await asyncio.wait_for(
        asyncio.gather(
            writing,
            collect(read_v1(client)),
            collect(read_v1(client)),
            collect(read_v2(client)),
            collect(read_changes(client, writer, writing.done)),
        ),
        60,
    )
    assert writer.instance_sequence >= COUNT
    assert histories[0][:COUNT] == histories[1][:COUNT] == [*range(1, COUNT + 1)]
    assert histories[2][:COUNT] == [*range(1, COUNT + 1)]
    assert histories[3] == [*range(1, writer.change_sequence + 1)]


async def test_rows_and_watermark_agree(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """However fast rows are written, a page never shows more or less than its watermark says."""
    writing = asyncio.create_task(write(writer))
    while not writing.done():
        answer = await client.get("/v2/changefeed?limit=200&includeMetadata=false")
        sequence = int(answer.headers["X-Changefeed-Watermark"].split(";")[0])
        assert len(answer.json()) == sequence
        answer = await client.get("/changes?limit=10000&include-deleted=true")
        page = answer.json()
        assert len(page["Changes"]) == int(answer.headers["X-Changes-Watermark"].split(";")[0])
    await writing


async def test_metadata_and_state_agree(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """While an instance changes, entries that are not deleted always have metadata, others never."""
    instance = Instance("1.1")
    await writer.store(instance)

    async def rewrite() -> None:
        for _ in range(40):
            await writer.update(instance)
            await writer.delete(instance)
            await writer.store(instance)

    writing = asyncio.create_task(rewrite())
    while not writing.done():
        page = (await client.get("/v2/changefeed?limit=200")).json()
        assert {entry["State"] == "deleted" for entry in page} in ({True}, {False})
        for entry in page:
            assert ("Metadata" in entry) is (entry["State"] != "deleted")
    await writing
