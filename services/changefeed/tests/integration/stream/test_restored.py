"""Postgres may lose what was published: the log makes the same entries again, and the stream goes on."""

import pytest

from axial.changefeed.testing.feed_writer import FeedWriter, Instance
from axial.common.service import background

from .conftest import Feed
from .test_kills import expect_all

pytestmark = pytest.mark.integration


async def test_the_stream_is_ahead_of_a_restored_database(
    feed: Feed, writer: FeedWriter, other_feed: Feed, other_writer: FeedWriter
) -> None:
    """Until the rows have been made again nothing is published; then it goes on behind them."""
    await writer.store(Instance("1.1"), Instance("1.2"), Instance("1.3"))
    async with background(feed.publisher().run()):
        await feed.reaches(writer.change_sequence)
    reached = writer.change_sequence
    await other_writer.store(Instance("1.1"))
    async with background(other_feed.publisher().run()):
        await other_feed.shows("lag", other_writer.change_sequence - reached)
        assert other_writer.change_sequence < reached
        await other_writer.store(Instance("1.2"), Instance("1.3"))
        await other_feed.shows("lag", 0)
        assert await other_feed.end() == reached
        await other_writer.store(Instance("1.4"))
        await expect_all(other_feed, other_writer)
