"""A stream that could not keep the promise is not written to, and whoever looks is told why."""

import json
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from axial.changefeed.stream.stream_config import wanted_config
from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.service import background
from axial.common.testing.eventually import eventually

from .conftest import Feed

pytestmark = pytest.mark.integration


async def test_a_stream_that_may_lose_entries(feed: Feed, writer: FeedWriter) -> None:
    """Made with a limit by somebody else: nothing is published, the log says why, a metric that it is so."""
    await writer.store(Instance("1.1"))
    jetstream = feed.client.jetstream()
    wanted = wanted_config(feed.settings.feed_stream, feed.settings.feed_prefix, 1, 0)
    await jetstream.add_stream(replace(wanted, max_msgs=2, deny_purge=False))
    with capture_logs() as lines:
        async with background(feed.publisher().run()):
            await feed.shows("refused", 1)
            assert await feed.end() == 0
            # Put in order, it is taken without a restart.
            await jetstream.delete_stream(feed.settings.feed_stream)
            await feed.reaches(writer.change_sequence)
            await feed.shows("refused", 0)
    told = [line for line in lines if line["event"] == "feed_stream_refused"]
    assert [line["reason"] for line in told] == [
        f"stream {feed.settings.feed_stream}: it is limited in messages or bytes"
    ]


@pytest.mark.long
async def test_a_limit_that_is_set_while_it_is_published(feed: Feed, writer: FeedWriter) -> None:
    """What an operator changes about the stream is noticed without a restart."""
    await writer.store(Instance("1.1"))
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
        jetstream = feed.client.jetstream()
        config = (await jetstream.stream_info(feed.settings.feed_stream)).config
        await jetstream.update_stream(replace(config, max_bytes=1 << 20))
        await feed.shows("refused", 1)
        await jetstream.update_stream(config)
        await feed.shows("refused", 0)


async def test_subjects_that_another_stream_has(feed: Feed, writer: FeedWriter) -> None:
    """What would end up in somebody else's stream is not published."""
    name = f"{feed.settings.feed_stream}_OTHERS"
    jetstream = feed.client.jetstream()
    await jetstream.add_stream(name=name, subjects=[f"{feed.settings.feed_prefix}.instance.>"])
    await writer.store(Instance("1.1"))
    async with background(feed.publisher().run()):
        await feed.shows("refused", 1)
    assert (await jetstream.stream_info(name)).state.messages == 0
    await jetstream.delete_stream(name)


@pytest.mark.parametrize("body", [b"hello", json.dumps({"Seq": 4, "ID": "?"}).encode(), b""])
async def test_a_message_of_somebody_else(feed: Feed, writer: FeedWriter, body: bytes) -> None:
    """A number that is taken by a foreign message cannot be an entry's: it is said, not passed over."""
    await writer.store(Instance("1.1"))
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
    end = await feed.end()
    await feed.client.jetstream().publish(f"{feed.settings.feed_prefix}.study.new_study", body)
    await writer.store(Instance("1.2"))
    await writer.store(Instance("1.3"))
    with capture_logs() as lines:
        async with background(feed.publisher().run()):
            await feed.shows("refused", 1)
    assert await feed.end() == end + 1
    assert f"message {end + 1} is not entry {end + 1}" in str(lines)


async def test_a_stream_of_another_history(
    feed: Feed, writer: FeedWriter, other_feed: Feed, other_writer: FeedWriter
) -> None:
    """A new archive does not go on behind the entries of an old one."""
    await writer.store(Instance("1.1"))
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
    await other_writer.store(Instance("2.1", patient="P2"), Instance("2.2", patient="P2"))
    async with background(other_feed.publisher().run()):
        await other_feed.shows("refused", 1)
    assert await feed.end() == writer.change_sequence


async def test_what_has_aged_out_is_not_missed(feed: Feed, writer: FeedWriter) -> None:
    """With an age limit that is wished for, numbers go on behind messages that are gone."""
    await writer.store(Instance("1.1"))
    settings = {"feed_max_age_seconds": 1}
    async with background(feed.publisher(**settings).run()):
        await feed.reaches(writer.change_sequence)
    jetstream = feed.client.jetstream()

    async def is_empty() -> bool:
        info = await jetstream.stream_info(feed.settings.feed_stream)
        return bool(info.state.messages == 0)

    await eventually(is_empty, within=30)
    await writer.store(Instance("1.2"))
    async with background(feed.publisher(**settings).run()):
        await feed.reaches(writer.change_sequence)
