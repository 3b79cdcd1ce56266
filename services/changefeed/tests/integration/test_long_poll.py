"""A read that finds nothing may wait until there is something, and no longer than it asked to."""

import asyncio
import time

import httpx2
import pytest

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.testing.feed_writer import FIRST_TICKS, FeedWriter, Instance
from axial.common.identifiers import Level
from axial.common.postgres import Connection
from axial.common.testing.eventually import eventually
from axial.common.ticks import TICKS_PER_SECOND

pytestmark = pytest.mark.integration

# The feeds behind their end, when one instance is stored.
WAITING = (
    "/changes?since=4&wait=20",
    "/changes?since=4&to=5&wait=20",
    "/changes?since=4&include-deleted&wait=20",
    "/v1/changefeed?offset=1&wait=20",
    "/v2/changefeed?offset=1&wait=20",
    "/changefeed?offset=1&WAIT=20&includeMetadata=false",
    "/v2/changefeed?startTime=2026-11-20T23:58:01Z&wait=20",
    "/feed/entries?since=4&wait=20",
    "/feed/entries?since=4&modality=CT&wait=20",
)


async def waiting(client: httpx2.AsyncClient) -> float:
    """Read how many reads wait."""
    text = (await client.get("/metrics")).text
    line = next(x for x in text.splitlines() if x.startswith("axial_changefeed_waiting_polls "))
    return float(line.split()[1])


async def all_wait(client: httpx2.AsyncClient, count: int) -> bool:
    """Tell whether so many reads wait."""
    return await waiting(client) == count


async def test_a_commit_answers_all_who_wait(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """Behind the end every feed waits, and is answered at once when there is something."""
    await writer.store(Instance("1.1"))
    reads = [asyncio.create_task(client.get(path)) for path in WAITING]
    await eventually(lambda: all_wait(client, len(WAITING)), within=30)
    committed = time.monotonic()
    await writer.store(Instance("1.2"))
    answers = await asyncio.wait_for(asyncio.gather(*reads), 30)
    # Before they would have waited long enough.
    assert time.monotonic() - committed < 10
    for answer in answers:
        assert answer.status_code == 200
        page = answer.json()
        rows = page if isinstance(page, list) else page.get("Changes") or page["Entries"]
        assert [row.get("Seq", row.get("Sequence")) for row in rows] in ([5], [2])
    assert await waiting(client) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/changes?since=0&wait=20",
        "/changes?since=4&to=4&wait=20",
        "/changes?since=9&to=3&wait=20",
        "/changes?since=4&wait=0",
        "/changes?since=4&wait=-3",
        "/changes?since=4&wait=x",
        "/changes?since=4",
        "/changes?last&wait=20",
        "/v1/changefeed?wait=20",
        "/v1/changefeed/latest?wait=20",
        "/v2/changefeed?wait=20",
        "/v2/changefeed?endTime=2026-11-20T23:58:00Z&wait=20",
        "/feed/entries?wait=20",
        "/feed/entries?since=4",
    ],
)
async def test_who_need_not_wait_is_answered_at_once(
    client: httpx2.AsyncClient, writer: FeedWriter, path: str
) -> None:
    """Rows that are there, ranges and windows that are closed, and waits of no time are not waited for."""
    await writer.store(Instance("1.1"))
    assert (await asyncio.wait_for(client.get(path), 5)).status_code == 200


async def test_the_time_is_up(client: httpx2.AsyncClient, writer: FeedWriter) -> None:
    """An empty page is the answer then, as it would have been at once."""
    await writer.store(Instance("1.1"))
    for path in (path.replace("WAIT", "wait") for path in WAITING):
        at_once, in_time = path.replace("&wait=20", ""), path.replace("wait=20", "wait=0.2")
        started = time.monotonic()
        late = await asyncio.wait_for(client.get(in_time), 5)
        assert time.monotonic() - started >= 0.19
        assert late.text == (await client.get(at_once)).text


async def test_the_wait_is_for_what_was_asked_for(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """Rows that a filter leaves out or that are hidden do not end it."""
    await writer.store(Instance("1.1"))
    paths = (
        "/changes?since=4&type=StableStudy&wait=20",
        "/feed/entries?since=4&type=StableStudy&wait=20",
    )
    reads = [asyncio.create_task(client.get(path)) for path in paths]
    hidden = asyncio.create_task(client.get("/changes?since=4&wait=20"))
    await eventually(lambda: all_wait(client, 3), within=30)
    await writer.delete(Instance("1.1"))
    await eventually(lambda: caught_up(client, writer), within=30)
    done, _ = await asyncio.wait((*reads, hidden), timeout=0.3)
    assert not done
    await writer.change(ChangeType.STABLE_STUDY, Level.STUDY, Instance("1.1").ids.study)
    answers = await asyncio.wait_for(asyncio.gather(*reads, hidden), 5)
    assert [answer.json()["Last"] for answer in answers] == [9, 9, 9]


async def caught_up(client: httpx2.AsyncClient, writer: FeedWriter) -> bool:
    """Tell whether a read shows all that was written."""
    return (
        (await client.get("/changes?last"))
        .headers["x-changes-watermark"]
        .startswith(f"{writer.change_sequence};")
    )


async def test_a_window_that_closes_ends_the_wait(
    client: httpx2.AsyncClient, writer: FeedWriter, connection: Connection
) -> None:
    """When time passes without an entry, the answer is that there will be none."""
    await writer.store(Instance("1.1"))
    window = "startTime=2026-11-20T23:58:01Z&endTime=2026-11-20T23:58:30Z"
    read = asyncio.create_task(client.get(f"/v2/changefeed?{window}&wait=20"))
    await eventually(lambda: all_wait(client, 1), within=30)
    await writer.append()
    await connection.execute(
        "UPDATE feed.position SET log_sequence = $1, ticks = $2",
        writer.log_sequence,
        FIRST_TICKS + 30 * TICKS_PER_SECOND,
    )
    await connection.execute("SELECT pg_notify('feed', '')")
    answer = await asyncio.wait_for(read, 5)
    assert answer.json() == []
    assert answer.headers["x-changefeed-watermark"] == "1;2026-11-20T23:58:30Z"


@pytest.mark.parametrize("path", ["/v1/changefeed", "/v2/changefeed"])
async def test_azure_tells_what_is_no_number(client: httpx2.AsyncClient, path: str) -> None:
    """In the words of its other parameters."""
    answer = await client.get(f"{path}?Wait=soon")
    assert answer.status_code == 400
    assert answer.text == "The query parameter 'wait' is invalid. The value 'soon' is not valid."


async def test_an_answer_after_a_wait_includes_what_was_acknowledged(
    client: httpx2.AsyncClient, writer: FeedWriter
) -> None:
    """What was stored while it waited is in it whole, not only what woke it."""
    await writer.store(Instance("1.1"))
    read = asyncio.create_task(client.get("/changes?since=4&wait=20"))
    await eventually(lambda: all_wait(client, 1), within=30)
    await writer.append()  # acknowledged, not yet projected
    await writer.store(Instance("1.2"), Instance("1.3"))
    answer = await asyncio.wait_for(read, 5)
    assert answer.json()["Changes"][0]["Seq"] == 5
