"""The stream holds the whole history: each entry once, in order, under its own number."""

import json

import httpx2
import pytest
from nats.js import api

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.stream.feed_stream import BATCH_MESSAGES
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.changefeed.testing.serving import serving
from axial.common.configuration import Configuration
from axial.common.identifiers import Level
from axial.common.service import background
from axial.common.testing.blobs import MemoryBlobStore

from .conftest import Feed

pytestmark = pytest.mark.integration


async def some_history(writer: FeedWriter) -> None:
    """Store, replace, delete, store again, and let a study become stable."""
    first, second = Instance("1.1"), Instance("1.2")
    await writer.store(first, second)
    await writer.update(first)
    await writer.delete(first, second)
    await writer.store(second)
    await writer.change(ChangeType.STABLE_STUDY, Level.STUDY, second.ids.study)


async def test_the_number_in_the_stream_is_the_number_of_the_change(
    feed: Feed, writer: FeedWriter, blobs: MemoryBlobStore
) -> None:
    """Message n is change n of `/changes`, with what was deleted since; nothing else is in the stream."""
    await some_history(writer)
    async with serving(feed.settings, Configuration(), blobs) as client:
        await feed.reaches(writer.change_sequence)
        answer = await client.get("/changes?include-deleted=true&limit=1000")
        metrics = await client.get("/metrics")
    changes = answer.json()["Changes"]
    messages = await feed.messages()
    assert len(messages) == len(changes) == writer.change_sequence
    for message, change in zip(messages, changes, strict=True):
        body = json.loads(message.data)
        assert message.metadata.sequence.stream == body["Seq"] == change["Seq"]
        assert {body[name] for name in ("ChangeType", "ID", "Path")} == {
            change[name] for name in ("ChangeType", "ID", "Path")
        }
    assert f"axial_changefeed_feed_stream_published_total {len(changes)}.0" in metrics.text
    assert "axial_changefeed_feed_stream_wanted 1.0" in metrics.text


async def test_a_message_is_a_cloud_event_that_names_no_patient(
    feed: Feed, writer: FeedWriter
) -> None:
    """Subject and headers tell the kind and the number; identifiers are in the body alone."""
    await writer.store(Instance("1.2.3.4", study="9.9.9", patient="DOE^JANE"))
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
    message = next(m for m in await feed.messages() if b"NewInstance" in m.data)
    body = json.loads(message.data)
    assert message.subject == f"{feed.settings.feed_prefix}.instance.new_instance"
    ours = {
        name: value
        for name, value in (message.headers or {}).items()
        if not name.startswith("Nats-")
    }
    assert ours == {
        "ce-specversion": "1.0",
        "ce-id": str(body["Seq"]),
        "ce-source": "urn:axial:CT%20archive",
        "ce-type": "org.axial.instance.new_instance",
        "ce-time": body["Date"],
        "content-type": "application/json",
    }
    assert body["Instance"]["SOPInstanceUID"] == "1.2.3.4"
    told = message.subject + str(message.headers)
    assert not any(word in told for word in ("1.2.3.4", "9.9.9", "DOE", body["ID"]))


async def test_what_comes_is_published_as_it_comes(feed: Feed, writer: FeedWriter) -> None:
    """A stream that has reached the end of the history stays there."""
    async with background(feed.publisher().run()):
        await feed.reaches(0)
        for number in range(5):
            await writer.store(Instance(f"1.{number}"))
            await feed.reaches(writer.change_sequence)
        await feed.shows("lag", 0)
        assert feed.metric("leader") == 1
        assert feed.metric("refused") == 0
    assert feed.metric("leader") == 0


async def test_the_stream_is_made_to_be_kept(feed: Feed, writer: FeedWriter) -> None:
    """Nothing is removed by age, number or anybody; messages can be had by their number."""
    await some_history(writer)
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
    jetstream = feed.client.jetstream()
    config = (await jetstream.stream_info(feed.settings.feed_stream)).config
    assert config.storage == api.StorageType.FILE
    assert (config.max_age or 0, config.max_msgs, config.max_bytes) == (0, -1, -1)
    assert config.deny_delete
    assert config.deny_purge
    third = await jetstream.get_msg(feed.settings.feed_stream, seq=3, direct=True)
    assert json.loads(third.data or b"")["Seq"] == 3


@pytest.mark.parametrize("in_batches", [True, False], ids=["in batches", "one by one"])
async def test_a_missing_stream_is_made_again_from_the_beginning(
    feed: Feed, writer: FeedWriter, *, in_batches: bool
) -> None:
    """Removed by an operator, it comes back whole, also on a server that knows no batches."""
    await writer.store(*(Instance(f"1.{number}") for number in range(BATCH_MESSAGES + 50)))
    name, jetstream = feed.settings.feed_stream, feed.client.jetstream()
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
        await jetstream.delete_stream(name)
        if not in_batches:
            await jetstream.add_stream(
                name=name,
                subjects=[f"{feed.settings.feed_prefix}.>"],
                deny_delete=True,
                deny_purge=True,
            )
        await writer.store(Instance("2.1"))
        await feed.reaches(writer.change_sequence)
    assert (await jetstream.stream_info(name)).config.allow_atomic == (in_batches or None)
    numbers = [json.loads(message.data)["Seq"] for message in await feed.messages()]
    assert numbers == [*range(1, writer.change_sequence + 1)]


async def test_no_stream_when_none_is_wanted(
    feed: Feed, writer: FeedWriter, client: httpx2.AsyncClient
) -> None:
    """With an empty name the service runs without."""
    await feed.publisher(feed_stream="").run()
    assert (await client.get("/changes")).status_code == 200
    assert await feed.end() == -1
